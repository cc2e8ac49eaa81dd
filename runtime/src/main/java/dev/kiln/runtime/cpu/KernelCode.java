package dev.kiln.runtime.cpu;

import dev.kiln.compiler.jvm.ProgramBody;

/** A class of a kernel, ready to run, and the scratch memory that a thread needs for it. */
record KernelCode(ProgramBody body, long scratchBytes) {
  static KernelCode of(CpuArtefact artefact) {
    return new KernelCode(artefact.generated().define(), artefact.generated().scratchBytes());
  }

  static KernelCode ofStarter(CpuArtefact artefact) {
    return new KernelCode(
        artefact.generated().defineStarter(), artefact.generated().scratchBytes());
  }
}
