package dev.kiln.tests.cuda.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaToolkitTest {
  @TempDir Path folder;

  private Path toolkit(String name) throws IOException {
    Path include = Files.createDirectories(folder.resolve(name).resolve("include"));
    Files.createFile(include.resolve("cuda.h"));
    return include;
  }

  @Test
  void variablesComeBeforeNvccAndThatBeforeInstalledToolkits() throws IOException {
    Path home = toolkit("home");
    Path besideNvcc = toolkit("sdk");
    Path bin = Files.createDirectories(folder.resolve("sdk/bin"));
    Files.createFile(
        bin.resolve("nvcc"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    toolkit("local/cuda-12.8");
    Path newest = toolkit("local/cuda-13.0");
    Path local = folder.resolve("local");

    assertThat(
            CudaToolkit.include(
                Map.of("CUDA_PATH", folder.resolve("home").toString(), "PATH", bin.toString()),
                local))
        .hasValue(home);
    assertThat(CudaToolkit.include(Map.of("PATH", bin.toString()), local))
        .hasValueSatisfying(found -> assertThat(found).isEqualTo(real(besideNvcc)));
    assertThat(CudaToolkit.include(Map.of("CUDA_HOME", "/nowhere"), local)).hasValue(newest);
    assertThat(CudaToolkit.include(Map.of(), folder.resolve("none"))).isEmpty();
    assertThat(CudaToolkit.compiler(Map.of("PATH", bin.toString()))).isEmpty();
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
