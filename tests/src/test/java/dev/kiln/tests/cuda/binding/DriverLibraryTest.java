package dev.kiln.tests.cuda.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cuda.DriverLibrary;
import dev.kiln.runtime.cuda.driver.CudaHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** How the driver's library is found, and what is said where it is not. */
@ResourceLock("cuda")
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class DriverLibraryTest {
  private static final String PROPERTY = "kiln.cuda.driver";

  @TempDir Path folder;

  private final IsolatedBinding loader = new IsolatedBinding();
  private String before;
  private Class<?> library;

  @BeforeEach
  void begin() throws ClassNotFoundException {
    before = System.getProperty(PROPERTY);
    System.clearProperty(PROPERTY);
    library = loader.loadClass(DriverLibrary.class.getName());
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, before);
    }
  }

  private Object load() throws Throwable {
    return call(null, "load");
  }

  private Object call(Object receiver, String method, Object... arguments) throws Throwable {
    Class<?>[] types = new Class<?>[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = arguments[i] instanceof MemorySegment ? MemorySegment.class : String.class;
    }
    try {
      return library.getMethod(method, types).invoke(receiver, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** A library of functions with the given names, which return their places in the list. */
  private Path libraryOf(String file, List<String> names) {
    Path path = folder.resolve(file);
    CudaToolkit.assume().library(Binding.stub(names), path);
    return path;
  }

  private List<String> allFunctions() throws ClassNotFoundException {
    return Binding.functionNames(loader.loadClass(CudaHeader.class.getName()));
  }

  private List<String> allFunctionsBut(String... missing) throws ClassNotFoundException {
    return allFunctions().stream().filter(name -> !List.of(missing).contains(name)).toList();
  }

  private void name(Path file) {
    System.setProperty(PROPERTY, file.toString());
  }

  private static boolean hasDriver() {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup("libcuda.so.1", arena);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Test
  void withoutADriverTheMessageSaysWhatToDo() {
    Assumptions.assumeFalse(hasDriver(), "this machine has a CUDA driver");
    assertThatThrownBy(this::load)
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("no CUDA driver")
        .hasMessageContaining("nvidia-smi")
        .hasMessageContaining("-Dkiln.cuda.driver=FILE")
        .hasMessageContaining("--device cpu");
  }

  @Test
  void aNamedFileThatIsMissingIsSaid() {
    name(folder.resolve("missing.so"));
    assertThatThrownBy(this::load)
        .isInstanceOf(KilnException.class)
        .hasMessage(
            "no CUDA driver: the property kiln.cuda.driver names no file: "
                + folder.resolve("missing.so"));
  }

  @Test
  void aFileThatIsNoLibraryIsSaid() throws Exception {
    Path file = Files.writeString(folder.resolve("text.so"), "hello, not a library\n");
    name(file);
    assertThatThrownBy(this::load)
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("the CUDA driver " + file + " cannot be loaded: ")
        .hasMessageContaining("leave out -Dkiln.cuda.driver");
  }

  @Test
  void anotherLibraryIsNoDriver() {
    Path file = libraryOf("other.so", List.of("cosine"));
    name(file);
    assertThatThrownBy(this::load)
        .isInstanceOf(KilnException.class)
        .hasMessage(file + " is no CUDA driver: it has no function cuInit");
  }

  @Test
  void anOldDriverIsToldWithWhatItLacks() throws Exception {
    Path few = libraryOf("few.so", List.of("cuInit"));
    name(few);
    assertThatThrownBy(this::load)
        .hasMessageStartingWith("the CUDA driver " + few + " is too old: it lacks cuCtxEnable")
        .hasMessageContaining(" more. Kiln needs a driver of CUDA 11.4 (470) or later");

    name(libraryOf("nearly.so", allFunctionsBut("cuMemAllocAsync")));
    assertThatThrownBy(this::load).hasMessageContaining("it lacks cuMemAllocAsync. Kiln needs");
  }

  @Test
  void aDriverWithoutTheNewestFunctionsWillDo() throws Throwable {
    List<String> names =
        allFunctionsBut("cuEventElapsedTime_v2", "cuLaunchKernelEx", "cuTensorMapEncodeTiled");
    Path file = libraryOf("older.so", names);
    name(file);
    Object driver = load();
    assertThat(call(driver, "file")).isEqualTo(file);
    assertThat(call(driver, "has", "cuLaunchKernel")).isEqualTo(true);
    assertThat(call(driver, "has", "cuLaunchKernelEx")).isEqualTo(false);
    assertThat(call(null, "problem")).isEqualTo(Optional.empty());
    assertThat(elapsedTime(driver)).isEqualTo(names.indexOf("cuEventElapsedTime"));
  }

  @Test
  void theNewestElapsedTimeIsPreferred() throws Throwable {
    List<String> names = allFunctions();
    name(libraryOf("newest.so", names));
    assertThat(elapsedTime(load())).isEqualTo(names.indexOf("cuEventElapsedTime_v2"));
  }

  private Object elapsedTime(Object driver) throws Throwable {
    return call(driver, "elapsedTime", MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
  }

  @Test
  void aFailureIsNotKeptButADriverIs() throws Throwable {
    name(folder.resolve("missing.so"));
    assertThat((Optional<?>) call(null, "problem")).isPresent();
    name(libraryOf("driver.so", allFunctions()));
    Object driver = load();
    name(folder.resolve("missing.so"));
    assertThat(load()).isSameAs(driver);
  }
}
