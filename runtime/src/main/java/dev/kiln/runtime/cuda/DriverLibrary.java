package dev.kiln.runtime.cuda;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cuda.driver.CudaHeader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The CUDA driver's shared library, loaded so that {@link CudaHeader} finds its functions: the file
 * that the system property {@value #FILE_PROPERTY} names, else {@code libcuda.so.1} (Linux) or
 * {@code nvcuda.dll} (Windows) as the system finds it. It is loaded once in a process and never
 * unloaded; a failure is not kept, so that the next call tries anew.
 */
public final class DriverLibrary {
  /** The system property that names the library's file. */
  public static final String FILE_PROPERTY = "kiln.cuda.driver";

  /** Functions that Kiln does without: newer than the oldest driver that it works with. */
  private static final Set<String> OPTIONAL =
      Set.of("cuEventElapsedTime_v2", "cuLaunchKernelEx", "cuTensorMapEncodeTiled");

  /** The first version with all other functions: those of memory pools, and of graphs by flags. */
  private static final String OLDEST = "11.4 (470)";

  /** Where Linux distributions and containers put the driver, beyond what the loader searches. */
  private static final List<String> FOLDERS =
      List.of(
          "/usr/lib/wsl/lib",
          "/usr/lib/x86_64-linux-gnu",
          "/usr/lib/aarch64-linux-gnu",
          "/usr/lib64",
          "/usr/lib",
          "/usr/local/nvidia/lib64",
          "/run/opengl-driver/lib");

  private static final String NO_DRIVER =
      "no CUDA driver on this machine: %s was not found. A GPU needs NVIDIA's driver (nvidia-smi"
          + " shows whether it works; a container must be started with access to the GPU). If the"
          + " driver is elsewhere, name its file: -D"
          + FILE_PROPERTY
          + "=FILE. Without a GPU, use --device cpu or --device sim";

  private static DriverLibrary loaded;

  private final Path file;
  private final SymbolLookup symbols;
  private final boolean hasElapsedTimeV2;

  private DriverLibrary(Path file, SymbolLookup symbols) {
    this.file = file;
    this.symbols = symbols;
    this.hasElapsedTimeV2 = has("cuEventElapsedTime_v2");
  }

  /**
   * The driver's library, loaded at the first call.
   *
   * @throws KilnException if there is no driver, if it cannot be loaded, or if it lacks functions;
   *     the message says what to do
   */
  public static synchronized DriverLibrary load() {
    if (loaded == null) {
      loaded = open();
    }
    return loaded;
  }

  /** Why {@link #load} fails; empty if it succeeds. */
  public static Optional<String> problem() {
    try {
      load();
      return Optional.empty();
    } catch (KilnException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** The library's file. */
  public Path file() {
    return file;
  }

  /** Whether the driver has the function {@code name}, as the C interface calls it. */
  public boolean has(String name) {
    return symbols.find(name).isPresent();
  }

  /**
   * {@code cuEventElapsedTime} in the newest form that the driver has: drivers before CUDA 12.8
   * lack {@code cuEventElapsedTime_v2}.
   *
   * @param milliseconds where the driver writes one float
   * @return the status
   */
  public int elapsedTime(MemorySegment milliseconds, MemorySegment start, MemorySegment end) {
    return hasElapsedTimeV2
        ? CudaHeader.cuEventElapsedTime_v2(milliseconds, start, end)
        : CudaHeader.cuEventElapsedTime(milliseconds, start, end);
  }

  private static DriverLibrary open() {
    try {
      String named = System.getProperty(FILE_PROPERTY);
      return load(named == null ? find() : namedFile(named));
    } catch (IllegalCallerException e) {
      throw new KilnException(
          "Java forbids native access, which the CUDA driver needs: start it with"
              + " --enable-native-access=ALL-UNNAMED",
          e);
    }
  }

  private static Path namedFile(String named) {
    try {
      Path file = Path.of(named).toAbsolutePath();
      if (Files.isRegularFile(file)) {
        return file;
      }
    } catch (InvalidPathException e) {
      // told below
    }
    throw new KilnException(
        "no CUDA driver: the property %s names no file: %s".formatted(FILE_PROPERTY, named));
  }

  private static Path find() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (system.contains("windows")) {
      return findOnWindows();
    }
    if (system.contains("linux")) {
      return findOnLinux();
    }
    throw new KilnException(
        "no CUDA driver exists for %s: use --device cpu or --device sim"
            .formatted(System.getProperty("os.name")));
  }

  private static Path findOnWindows() {
    String root = System.getenv().getOrDefault("SystemRoot", "C:\\Windows");
    Path file = Path.of(root, "System32", "nvcuda.dll");
    if (!Files.isRegularFile(file)) {
      throw new KilnException(NO_DRIVER.formatted("nvcuda.dll"));
    }
    return file;
  }

  /**
   * The loader's own search comes first: it knows the paths of this system. It tells no file name,
   * and {@link System#load} takes nothing else, so the name is read from the list of mapped files.
   */
  @SuppressWarnings("restricted")
  private static Path findOnLinux() {
    String name = "libcuda.so.1";
    try {
      SymbolLookup.libraryLookup(name, Arena.global());
      Optional<Path> mapped = mapped();
      if (mapped.isPresent()) {
        return mapped.get();
      }
    } catch (IllegalArgumentException e) {
      // Not found, or broken: one of the folders tells which.
    }
    return FOLDERS.stream()
        .map(folder -> Path.of(folder, name))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(() -> new KilnException(NO_DRIVER.formatted(name)));
  }

  private static Optional<Path> mapped() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.contains("/libcuda.so"))
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .filter(Files::isRegularFile)
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Looks at the functions first: a library that is no driver shall not stay loaded. */
  @SuppressWarnings("restricted")
  private static DriverLibrary load(Path file) {
    SymbolLookup symbols;
    try {
      symbols = SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw unloadable(file, why(file, e));
    }
    requireFunctions(file, symbols);
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError e) {
      throw unloadable(file, e);
    }
    return new DriverLibrary(file, symbols);
  }

  /** The lookup does not say why it cannot open a file; {@link System#load} does. */
  @SuppressWarnings("restricted")
  private static Throwable why(Path file, IllegalArgumentException unknown) {
    try {
      System.load(file.toString());
      return unknown;
    } catch (UnsatisfiedLinkError e) {
      return e;
    }
  }

  private static KilnException unloadable(Path file, Throwable cause) {
    return new KilnException(
        "the CUDA driver %s cannot be loaded: %s. Reinstall NVIDIA's driver for this system%s"
            .formatted(
                file,
                cause.getMessage(),
                System.getProperty(FILE_PROPERTY) == null
                    ? ""
                    : ", or leave out -D" + FILE_PROPERTY),
        cause);
  }

  private static void requireFunctions(Path file, SymbolLookup symbols) {
    if (symbols.find("cuInit").isEmpty()) {
      throw new KilnException("%s is no CUDA driver: it has no function cuInit".formatted(file));
    }
    List<String> missing =
        functions()
            .filter(name -> !OPTIONAL.contains(name) && symbols.find(name).isEmpty())
            .toList();
    if (!missing.isEmpty()) {
      throw new KilnException(
          "the CUDA driver %s is too old: it lacks %s. Kiln needs a driver of CUDA %s or later"
              .formatted(file, some(missing), OLDEST));
    }
  }

  private static String some(List<String> names) {
    int shown = Math.min(names.size(), 4);
    String text = String.join(", ", names.subList(0, shown));
    return names.size() == shown ? text : text + " and " + (names.size() - shown) + " more";
  }

  /** The functions of the binding, by the names of the C interface. */
  static Stream<String> functions() {
    String suffix = "$descriptor";
    return Arrays.stream(CudaHeader.class.getDeclaredMethods())
        .map(Method::getName)
        .filter(name -> name.endsWith(suffix))
        .map(name -> name.substring(0, name.length() - suffix.length()))
        .sorted();
  }
}
