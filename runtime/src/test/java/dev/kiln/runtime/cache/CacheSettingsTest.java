package dev.kiln.runtime.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheSettingsTest {
  @TempDir Path home;

  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> properties = new HashMap<>();

  private CacheSettings settings() {
    properties.putIfAbsent("user.home", home.toString());
    properties.putIfAbsent("os.name", "Linux");
    return CacheSettings.of(environment::get, properties::get);
  }

  @Test
  void liesWhereTheSystemWantsCaches() {
    assertThat(settings().folder()).contains(new File(home.toFile(), ".cache/kiln"));
    environment.put("XDG_CACHE_HOME", "/var/x");
    assertThat(settings().folder()).contains(new File("/var/x/kiln"));
    environment.put("XDG_CACHE_HOME", "relative");
    assertThat(settings().folder()).contains(new File(home.toFile(), ".cache/kiln"));
    properties.put("os.name", "Mac OS X");
    assertThat(settings().folder()).contains(new File(home.toFile(), "Library/Caches/kiln"));
    properties.put("os.name", "Windows 11");
    environment.put("LOCALAPPDATA", "/local");
    assertThat(settings().folder()).contains(new File("/local", "kiln\\cache"));
  }

  @Test
  void aNamedFolderComesFirst() {
    environment.put("KILN_CACHE_DIR", "/fast/cache");
    assertThat(settings().folder()).contains(new File("/fast/cache"));
  }

  @Test
  void withoutAHomeItIsOffAndSaysWhatHelps() {
    properties.put("user.home", "?");
    assertThat(settings().folder()).isEmpty();
    assertThat(settings().remark())
        .isEqualTo("there is no home folder; KILN_CACHE_DIR may name a folder for the cache");
  }

  @Test
  void canBeTurnedOff() {
    environment.put("KILN_CACHE", "off");
    assertThat(settings().folder()).isEmpty();
    assertThat(settings().remark()).isEqualTo("turned off by KILN_CACHE");
    environment.put("KILN_CACHE", "on");
    assertThat(settings().folder()).isPresent();
  }

  @Test
  void sizesHaveUnits() {
    assertThat(size(null)).isEqualTo(512L << 20);
    assertThat(size("1000")).isEqualTo(1000);
    assertThat(size("20k")).isEqualTo(20L << 10);
    assertThat(size("200M")).isEqualTo(200L << 20);
    assertThat(size(" 2G ")).isEqualTo(2L << 30);
    for (String wrong : new String[] {"", "G", "-1", "2T", "9999999999G", "many"}) {
      assertThat(size(wrong)).as(wrong).isEqualTo(CacheSettings.DEFAULT_BYTES);
      assertThat(settings().remark())
          .isEqualTo("KILN_CACHE_SIZE=" + wrong + " is no size such as 200M or 2G; 512M is used");
    }
  }

  private long size(String text) {
    environment.put("KILN_CACHE_SIZE", text);
    return settings().bytes();
  }
}
