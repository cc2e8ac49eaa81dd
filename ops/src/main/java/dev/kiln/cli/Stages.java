package dev.kiln.cli;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.jvm.ClassFileEmitter;
import dev.kiln.compiler.jvm.EmissionOptions;
import dev.kiln.compiler.jvm.GeneratedClass;
import dev.kiln.compiler.loop.LoopKernel;
import dev.kiln.compiler.loop.LoopLowering;
import dev.kiln.compiler.loop.LoopPrinter;
import dev.kiln.compiler.syntax.AstPrinter;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.cpu.VectorSupport;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.List;

/** What each stage of the CPU's compilation makes of a kernel. */
final class Stages {
  private final Kernel kernel;
  private final CompiledKernel compiled;

  Stages(Kernel kernel, CompiledKernel compiled) {
    this.kernel = kernel;
    this.compiled = compiled;
  }

  String name() {
    return kernel.name();
  }

  String text(String stage) {
    return switch (stage) {
      case "ast" -> AstPrinter.print(List.of(kernel.declaration().function()));
      case "tir" -> Printer.print(compiled.optimized());
      case "loops" -> LoopPrinter.print(loops());
      case "class" -> listing(generated());
      default -> throw new IllegalArgumentException(stage);
    };
  }

  byte[] classFile() {
    return generated().bytes();
  }

  String statistics(double milliseconds) {
    GeneratedClass generated = generated();
    return "%s: %.1f ms; class of %,d bytes, %,d bytes of scratch memory a thread"
        .formatted(name(), milliseconds, generated.bytes().length, generated.scratchBytes());
  }

  private LoopKernel loops() {
    return LoopLowering.lower(compiled.optimized());
  }

  private GeneratedClass generated() {
    return ClassFileEmitter.emit(loops(), new EmissionOptions(VectorSupport.preferredBits()));
  }

  /** The methods with the sizes of their code, and their instructions. */
  private static String listing(GeneratedClass generated) {
    ClassModel model = ClassFile.of().parse(generated.bytes());
    var text = new StringBuilder("class ").append(generated.name()).append('\n');
    for (MethodModel method : model.methods()) {
      CodeAttribute code = (CodeAttribute) method.code().orElseThrow();
      text.append(
          "\n%s%s  // %d bytes\n"
              .formatted(
                  method.methodName().stringValue(),
                  method.methodType().stringValue(),
                  code.codeLength()));
      code.forEach(element -> text.append("  ").append(element).append('\n'));
    }
    return text.toString();
  }
}
