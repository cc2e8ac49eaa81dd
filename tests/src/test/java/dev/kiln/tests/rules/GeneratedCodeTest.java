package dev.kiln.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.jvm.ClassFileEmitter;
import dev.kiln.compiler.jvm.EmissionOptions;
import dev.kiln.compiler.loop.LoopLowering;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the classes of all kernels look like, at every SIMD width. */
class GeneratedCodeTest {
  /** The JIT compiles no method of more bytes than this. */
  private static final int LARGEST_COMPILED_METHOD = 8000;

  private static final String VECTOR_API = "jdk/incubator/vector";

  static Stream<KernelCase> all() {
    return SameBitsTest.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void methodsAreSmallEnoughForTheJitAndPassNoVectors(KernelCase kernelCase) {
    for (CompiledKernel kernel : KernelRecorder.kernelsOf(kernelCase)) {
      for (int bits : new int[] {512, 256, 128, 0}) {
        ClassModel model = emit(kernel, bits);
        for (MethodModel method : model.methods()) {
          String what =
              "%s.%s at %d bits".formatted(kernel.name(), method.methodName().stringValue(), bits);
          assertThat(method.methodType().stringValue()).as(what).doesNotContain(VECTOR_API);
          assertThat(method.code().map(code -> ((CodeAttribute) code).codeLength()).orElse(0))
              .as("bytes of " + what)
              .isLessThan(LARGEST_COMPILED_METHOD);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void scalarCodeDoesNotNameTheVectorApi(KernelCase kernelCase) {
    for (CompiledKernel kernel : KernelRecorder.kernelsOf(kernelCase)) {
      for (PoolEntry entry : emit(kernel, 0).constantPool()) {
        if (entry instanceof Utf8Entry text) {
          assertThat(text.stringValue()).as(kernel.name()).doesNotContain(VECTOR_API);
        }
      }
    }
  }

  private static ClassModel emit(CompiledKernel kernel, int simdBits) {
    return ClassFile.of()
        .parse(
            ClassFileEmitter.emit(
                    LoopLowering.lower(kernel.optimized()), new EmissionOptions(simdBits))
                .bytes());
  }
}
