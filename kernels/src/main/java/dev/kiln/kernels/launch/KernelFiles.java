package dev.kiln.kernels.launch;

import dev.kiln.runtime.KernelModule;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The kernel files that are shipped, each loaded once, at its first use. */
public final class KernelFiles {
  private static final String FOLDER = "/dev/kiln/kernels/";
  private static final Map<String, KernelModule> MODULES = new ConcurrentHashMap<>();

  private KernelFiles() {}

  /**
   * @param file the file's name, for example {@code "matmul.py"}
   * @throws dev.kiln.runtime.KilnException if there is no such file
   */
  public static KernelModule module(String file) {
    return MODULES.computeIfAbsent(
        file, name -> KernelModule.resource(KernelFiles.class, FOLDER.concat(name)));
  }
}
