package dev.kiln.tests.cuda.binding;

import static java.lang.foreign.ValueLayout.ADDRESS;
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
import java.util.List;
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

  @BeforeAll
  static void readBoth() throws Exception {
    toolkit = CudaToolkit.assume();
    prologue = Files.readString(SOURCES.resolve("driver.h"));
    header = toolkit.preprocess(prologue);
    binding =
        Binding.read(toolkit, Stream.concat(listed("struct"), listed("union")).toList(), folder);
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
    assertThat(faults(binding.with("cuInit", FunctionDescriptor.of(JAVA_INT, JAVA_LONG))))
        .hasValueSatisfying(
            text ->
                assertThat(text)
                    .contains("the width of parameter 0 (unsigned int Flags) of cuInit"));
    assertThat(
            faults(
                binding.with("cuMemAlloc_v2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT))))
        .hasValueSatisfying(
            text -> assertThat(text).contains("the width of parameter 1 (size_t bytesize)"));
  }

  @Test
  void anIntegerInPlaceOfAPointerIsFound() {
    assertThat(faults(binding.with("cuCtxSetCurrent", FunctionDescriptor.of(JAVA_INT, JAVA_LONG))))
        .hasValueSatisfying(
            text -> assertThat(text).contains("the kind of parameter 0 (CUcontext ctx)"));
    assertThat(
            faults(
                binding.with("cuMemFreeAsync", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS))))
        .hasValueSatisfying(
            text -> assertThat(text).contains("the kind of parameter 0 (CUdeviceptr dptr)"));
  }

  @Test
  void aMissingParameterIsFound() {
    assertThat(faults(binding.with("cuStreamQuery", FunctionDescriptor.of(JAVA_INT))))
        .hasValueSatisfying(
            text -> assertThat(text).contains("the number of parameters of cuStreamQuery"));
  }

  @Test
  void aWrongConstantIsFound() {
    assertThat(faults(binding.with("CUDA_ERROR_OUT_OF_MEMORY", 3)))
        .hasValueSatisfying(
            text -> assertThat(text).contains("the value of CUDA_ERROR_OUT_OF_MEMORY"));
  }

  @Test
  void aWrongStructureIsFound() {
    var swapped =
        MemoryLayout.structLayout(JAVA_INT.withName("id"), JAVA_INT.withName("type"))
            .withName("CUmemLocation_st");
    assertThat(faults(binding.with(swapped)))
        .hasValueSatisfying(
            text ->
                assertThat(text)
                    .contains(
                        List.of(
                            "the offset of CUmemLocation_st.id",
                            "the offset of CUmemLocation_st.type")));
    var longer =
        MemoryLayout.structLayout(
                JAVA_INT.withName("type"), JAVA_INT.withName("id"), MemoryLayout.paddingLayout(8))
            .withName("CUmemLocation_st");
    assertThat(faults(binding.with(longer)))
        .hasValueSatisfying(text -> assertThat(text).contains("the size of CUmemLocation_st"));
  }
}
