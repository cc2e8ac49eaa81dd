package dev.kiln.cli;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.syntax.AstPrinter;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.gpu.Ptxas;
import java.util.List;

/** What the stages of a GPU's compilation make of a kernel. */
final class GpuStages implements Stages {
  private final Kernel kernel;
  private final CompiledKernel compiled;
  private GpuKernel generated;
  private Ptxas.Assembly assembly;

  GpuStages(Kernel kernel, CompiledKernel compiled) {
    this.kernel = kernel;
    this.compiled = compiled;
  }

  @Override
  public List<String> texts() {
    return List.of("ast", "tir", "gir", "ptx", "abi");
  }

  @Override
  public String binary() {
    return "cubin";
  }

  @Override
  public String text(String stage) {
    return switch (stage) {
      case "ast" -> AstPrinter.print(List.of(kernel.declaration().function()));
      case "tir" -> Printer.print(compiled.optimized());
      case "gir" -> GpuCompiler.plan(compiled);
      case "ptx" -> generated().ptx();
      case "abi" -> AbiDocument.of(generated().abi());
      case "cubin" -> throw new UsageException("--emit cubin needs a file: -o PATH");
      default -> throw new IllegalArgumentException(stage);
    };
  }

  @Override
  public byte[] bytes() {
    Ptxas ptxas =
        Ptxas.find()
            .orElseThrow(
                () ->
                    new KilnException(
                        "a cubin needs ptxas, which is not on the PATH: install the CUDA toolkit"
                            + " (package cuda-nvcc) and put its bin folder there"));
    return assembly(ptxas)
        .cubin()
        .orElseThrow(
            () ->
                new KilnException(
                    "ptxas refuses the PTX of '%s' for %s; please report it:\n%s"
                        .formatted(
                            kernel.name(), compiled.target(), assembly.log().stripTrailing())));
  }

  @Override
  public String statistics() {
    KernelAbi abi = generated().abi();
    long lines = generated().ptx().lines().count();
    return "PTX of %,d lines; %d threads, %,d bytes of dynamic shared memory%s; %s"
        .formatted(
            lines,
            abi.threads(),
            abi.sharedBytes(),
            abi.scratchBytesPerProgram() == 0
                ? ""
                : ", %,d bytes of scratch memory a program".formatted(abi.scratchBytesPerProgram()),
            Ptxas.find()
                .map(this::figures)
                .orElse("ptxas, which would tell registers and spills, is not on the PATH"));
  }

  private String figures(Ptxas ptxas) {
    return assembly(ptxas).figures().map(Object::toString).orElse("ptxas refuses it");
  }

  private GpuKernel generated() {
    if (generated == null) {
      generated = GpuCompiler.compile(compiled);
    }
    return generated;
  }

  private Ptxas.Assembly assembly(Ptxas ptxas) {
    if (assembly == null) {
      assembly = ptxas.assemble(generated().ptx(), compiled.target());
    }
    return assembly;
  }
}
