package dev.kiln.tests.cuda.binding;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * The CUDA packages loaded anew: libraries belong to the class loader that loads them, so that each
 * test has its own driver and leaves none behind.
 */
final class IsolatedBinding extends ClassLoader {
  private static final String PREFIX = "dev.kiln.runtime.cuda.";

  /** Loads libraries for the loader that defines this class. */
  public static final class Libraries {
    private Libraries() {}

    @SuppressWarnings("restricted")
    public static void load(String file) {
      System.load(file);
    }
  }

  IsolatedBinding() {
    super(IsolatedBinding.class.getClassLoader());
  }

  /** Makes a library's functions known to the binding. */
  void loadLibrary(Path file) throws ReflectiveOperationException {
    loadClass(Libraries.class.getName())
        .getMethod("load", String.class)
        .invoke(null, file.toAbsolutePath().toString());
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(PREFIX) && !name.equals(Libraries.class.getName())) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known == null ? define(name) : known;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream bytes = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (bytes == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] code = bytes.readAllBytes();
      return defineClass(name, code, 0, code.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
