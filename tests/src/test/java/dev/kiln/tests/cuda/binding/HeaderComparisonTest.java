package dev.kiln.tests.cuda.binding;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.cuda.driver.CudaHeader;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hand-kept binding against the official header, and that a wrong binding would be found. */
class HeaderComparisonTest {
  private static final Path SOURCES = Path.of("../runtime/src/main/jextract");

  @TempDir static Path folder;

  private static CudaToolkit toolkit;
  private static String prologue;
  private static String header;
  private static Binding binding;

  /** What is said of a binding with many faults. */
  private static String found;

  @BeforeAll
  static void readBoth() throws Exception {
    toolkit = CudaToolkit.assume();
    prologue = Files.readString(SOURCES.resolve("driver.h"));
    header = toolkit.preprocess(prologue);
    binding =
        Binding.read(toolkit, Stream.concat(listed("struct"), listed("union")).toList(), folder);
    found = faults(wrong()).orElse("nothing");
  }

  private static Stream<String> listed(String kind) throws IOException {
    String option = "--include-" + kind + " ";
    return Files.readAllLines(SOURCES.resolve("cuda.includes")).stream()
        .filter(line -> line.startsWith(option))
        .map(line -> line.substring(option.length()).strip());
  }

  private static Optional<String> faults(Binding binding) {
    return toolkit.faults(new HeaderAssertions(prologue, header, binding).source());
  }

  @Test
  void theBindingAgreesWithTheHeader() {
    assertThat(faults(binding)).isEmpty();
  }

  @Test
  void theBindingHasWhatTheListNames() throws IOException {
    assertThat(binding.functions().keySet())
        .containsExactlyInAnyOrderElementsOf(listed("function").toList());
    assertThat(binding.constants().keySet())
        .containsExactlyInAnyOrderElementsOf(listed("constant").toList());
  }

  /** {@code invokeExact} would throw at the first call. */
  @Test
  void methodsTakeWhatTheirDescriptorsSay() throws ReflectiveOperationException {
    Class<?> loaded = new IsolatedBinding().loadClass(CudaHeader.class.getName());
    for (String function : binding.functions().keySet()) {
      Method method =
          Stream.of(loaded.getDeclaredMethods())
              .filter(known -> known.getName().equals(function))
              .findFirst()
              .orElseThrow();
      var type = binding.functions().get(function).toMethodType();
      assertThat(method.getParameterTypes()).as(function).isEqualTo(type.parameterArray());
      assertThat(method.getReturnType()).as(function).isEqualTo(type.returnType());
    }
  }

  @Test
  void aHeaderOfAnotherVersionIsComparedAsFarAsItGoes() {
    String older =
        header
            .replace("#define CUDA_VERSION " + binding.constants().get("CUDA_VERSION"), "")
            .replace("cuLaunchKernelEx", "cuNotYetThere")
            .concat("\n#define CUDA_VERSION 11040\n");
    Binding newer =
        binding
            .with("CUDA_VERSION", 14000)
            .with("cuLaunchKernelEx", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    assertThat(toolkit.faults(new HeaderAssertions(prologue, older, newer).source())).isEmpty();
    Binding wrong = newer.with("cuInit", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    assertThat(toolkit.faults(new HeaderAssertions(prologue, older, wrong).source())).isPresent();
  }

  @Test
  void aWrongWidthIsFound() {
    assertThat(found)
        .contains("the width of parameter 0 (unsigned int Flags) of cuInit")
        .contains("the width of parameter 1 (size_t bytesize) of cuMemAlloc_v2");
  }

  @Test
  void anIntegerInPlaceOfAPointerIsFound() {
    assertThat(found)
        .contains("the kind of parameter 0 (CUcontext ctx) of cuCtxSetCurrent")
        .contains("the kind of parameter 0 (CUdeviceptr dptr) of cuMemFreeAsync");
  }

  @Test
  void aMissingParameterIsFound() {
    assertThat(found).contains("the number of parameters of cuStreamQuery");
  }

  @Test
  void aWrongConstantIsFound() {
    assertThat(found).contains("the value of CUDA_ERROR_OUT_OF_MEMORY");
  }

  @Test
  void aWrongStructureIsFound() {
    assertThat(found)
        .contains("the offset of CUmemLocation_st.id")
        .contains("the offset of CUmemLocation_st.type")
        .contains("the size of CUuuid_st");
  }

  @Test
  void whatIsRightIsNotBlamed() {
    assertThat(found).doesNotContain("cuLaunchKernel", "CUlaunchConfig_st", "CUDA_SUCCESS");
  }

  /** One compilation tells all faults. */
  private static Binding wrong() {
    var swapped =
        MemoryLayout.structLayout(JAVA_INT.withName("id"), JAVA_INT.withName("type"))
            .withName("CUmemLocation_st");
    var longer =
        MemoryLayout.structLayout(
                MemoryLayout.sequenceLayout(16, JAVA_BYTE).withName("bytes"),
                MemoryLayout.paddingLayout(8))
            .withName("CUuuid_st");
    return binding
        .with("cuInit", FunctionDescriptor.of(JAVA_INT, JAVA_LONG))
        .with("cuMemAlloc_v2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT))
        .with("cuCtxSetCurrent", FunctionDescriptor.of(JAVA_INT, JAVA_LONG))
        .with("cuMemFreeAsync", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS))
        .with("cuStreamQuery", FunctionDescriptor.of(JAVA_INT))
        .with("CUDA_ERROR_OUT_OF_MEMORY", 3)
        .with(swapped)
        .with(longer);
  }
}
