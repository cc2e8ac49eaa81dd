package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.KernelFileParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The library functions that are written in the kernel language itself. All files make one module;
 * each is parsed once, when one of its names is first asked for.
 */
final class Prelude {
  private static final List<String> PARTS =
      List.of(
          "standard.py",
          "reductions.py",
          "sorting.py",
          "random.py",
          "scaled.py",
          "directed.py",
          "quantiles.py",
          "libdevice.py");
  private static final Pattern DEFINITION = Pattern.compile("(?m)^(?:def (\\w+)|(\\w+) *[:=])");

  private static final Prelude INSTANCE = new Prelude();

  private final Map<String, Source> sources = new HashMap<>();
  private final Map<Source, KernelFile> files = new ConcurrentHashMap<>();

  private Prelude() {
    for (String part : PARTS) {
      var source = new Source("prelude/" + part, read(part));
      DEFINITION
          .matcher(source.text())
          .results()
          .map(Prelude::definedName)
          .forEach(name -> sources.put(name, source));
    }
  }

  private static String definedName(MatchResult definition) {
    return definition.group(1) != null ? definition.group(1) : definition.group(2);
  }

  private static String read(String part) {
    try (InputStream in = Prelude.class.getResourceAsStream("/dev/kiln/compiler/prelude/" + part)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file that defines a name. */
  static Optional<KernelFile> fileOf(String name) {
    return Optional.ofNullable(INSTANCE.sources.get(name))
        .map(source -> INSTANCE.files.computeIfAbsent(source, KernelFileParser::parse));
  }
}
