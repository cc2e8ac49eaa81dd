package dev.kiln.tests.cuda.launch;

import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.runtime.cuda.DriverLibrary;
import dev.kiln.tests.cuda.binding.CudaToolkit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The driver of {@code src/test/c/null_driver.c}, which does nothing at all. A process has one
 * driver: tests with this one run in a JVM of their own.
 */
public final class NullDriver {
  private NullDriver() {}

  /** A device of it. Skips the test where there is no C compiler, or no {@code cuda.h}. */
  public static CudaDevice open() {
    if (System.getProperty(DriverLibrary.FILE_PROPERTY) == null) {
      System.setProperty(DriverLibrary.FILE_PROPERTY, build().toString());
    }
    return CudaDriver.load().open(0, new CudaOptions(false));
  }

  private static Path build() {
    try {
      Path folder = Files.createDirectories(Path.of("target", "cuda").toAbsolutePath());
      Path library = folder.resolve("libkiln-null-driver.so");
      String source = Files.readString(Path.of("src", "test", "c", "null_driver.c"));
      CudaToolkit.assume().library(source, library);
      return library;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
