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

/** What the stages of the CPU's compilation make of a kernel. */
final class CpuStages implements Stages {
  private final Kernel kernel;
  private final CompiledKernel compiled;

  CpuStages(Kernel kernel, CompiledKernel compiled) {
    this.kernel = kernel;
    this.compiled = compiled;
  }

  @Override
  public List<String> texts() {
    return List.of("ast", "tir", "loops");
  }

  @Override
  public String binary() {
    return "class";
  }

  @Override
  public String text(String stage) {
    return switch (stage) {
      case "ast" -> AstPrinter.print(List.of(kernel.declaration().function()));
      case "tir" -> Printer.print(compiled.optimized());
      case "loops" -> LoopPrinter.print(loops());
      case "class" -> listing(generated());
      default -> throw new IllegalArgumentException(stage);
    };
  }

  @Override
  public byte[] bytes() {
    return generated().bytes();
  }

  @Override
  public String statistics() {
    GeneratedClass generated = generated();
    return "class of %,d bytes, %,d bytes of scratch memory a thread"
        .formatted(generated.bytes().length, generated.scratchBytes());
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
