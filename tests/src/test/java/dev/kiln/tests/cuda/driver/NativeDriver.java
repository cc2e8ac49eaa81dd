package dev.kiln.tests.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.kiln.runtime.cuda.DriverLibrary;
import dev.kiln.tests.cuda.binding.CudaToolkit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The library that stands in for the driver's, compiled from {@code driver.c} when there is none of
 * the same source, and loaded once in a process. Calls are answered by the driver that was
 * installed last.
 */
@SuppressWarnings("restricted")
public final class NativeDriver {
  private static final Path SOURCE = Path.of("src", "test", "c", "driver.c");
  private static final Path FOLDER = Path.of("target", "cuda-driver");

  /** More than any call has. */
  private static final int MOST_VALUES = 256;

  private static final int DEINITIALISED = 4;

  private static String[] functions;
  private static volatile SimulatedDriver installed;

  private NativeDriver() {}

  /** Whether tests use the real driver, by {@code -Dkiln.test.cuda=real}. */
  public static boolean isReal() {
    return System.getProperty("kiln.test.cuda", "").equals("real");
  }

  /** Lets a driver answer all calls from now on; {@code null} for none. */
  public static synchronized void install(SimulatedDriver driver) {
    if (functions == null) {
      load();
    }
    installed = driver;
  }

  private static void load() {
    Path file = build(CudaToolkit.assume());
    System.setProperty(DriverLibrary.FILE_PROPERTY, file.toString());
    SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
    functions = names(symbols.find("kiln_driver_functions").orElseThrow());
    MethodHandle install =
        Linker.nativeLinker()
            .downcallHandle(
                symbols.find("kiln_driver_install").orElseThrow(),
                FunctionDescriptor.ofVoid(ADDRESS));
    try {
      install.invokeExact(stub());
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MemorySegment stub() throws ReflectiveOperationException {
    var values = ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(MOST_VALUES, JAVA_LONG));
    MethodHandle dispatch =
        MethodHandles.lookup()
            .findStatic(
                NativeDriver.class,
                "dispatch",
                MethodType.methodType(int.class, int.class, MemorySegment.class));
    return Linker.nativeLinker()
        .upcallStub(dispatch, FunctionDescriptor.of(JAVA_INT, JAVA_INT, values), Arena.global());
  }

  private static int dispatch(int function, MemorySegment values) {
    SimulatedDriver driver = installed;
    return driver == null ? DEINITIALISED : driver.call(functions[function], values);
  }

  /** The functions that the library exports. */
  static List<String> functions() {
    return List.of(functions);
  }

  private static String[] names(MemorySegment table) {
    MemorySegment pointers = table.reinterpret((long) MOST_VALUES * Long.BYTES);
    List<String> names = new ArrayList<>();
    for (int i = 0; pointers.getAtIndex(JAVA_LONG, i) != 0; i++) {
      names.add(CallValues.text(pointers.getAtIndex(JAVA_LONG, i)));
    }
    return names.toArray(String[]::new);
  }

  /** Under a name of its source and header, so that a changed one is compiled anew. */
  private static Path build(CudaToolkit toolkit) {
    try {
      String source = Files.readString(SOURCE);
      String key = Integer.toHexString((source + toolkit.include()).hashCode());
      Path file = FOLDER.resolve("libcuda-" + key + ".so").toAbsolutePath();
      if (!Files.isRegularFile(file)) {
        Files.createDirectories(FOLDER);
        Path made = Files.createTempFile(FOLDER, "libcuda", ".so");
        toolkit.library(source, made);
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
