package dev.kiln.runtime.cpu;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.jvm.ClassFileEmitter;
import dev.kiln.compiler.jvm.EmissionOptions;
import dev.kiln.compiler.jvm.GeneratedClass;
import dev.kiln.compiler.loop.LoopLowering;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * What a launch on the CPU needs of a compiled kernel.
 *
 * <p>Format, big endian: version, the kernel's name, whether the order of programs matters, the
 * number of run-time arguments and for each whether it is a pointer, how much a program computes,
 * scratch bytes, the class's name, the length of its bytes, and these.
 *
 * @param kernel the kernel's name
 * @param pointers for each run-time argument whether it is a pointer
 * @param orderMatters whether the order in which programs run changes the result
 * @param programCost what {@link ProgramCost} says of one program
 */
record CpuArtefact(
    String kernel,
    boolean[] pointers,
    boolean orderMatters,
    long programCost,
    GeneratedClass generated) {
  private static final int VERSION = 2;

  /**
   * Generates the class.
   *
   * @throws dev.kiln.compiler.diagnostics.CompilationException if the kernel's tiles need more
   *     scratch memory than there may be
   */
  static CpuArtefact of(CompiledKernel kernel, EmissionOptions options) {
    GeneratedClass generated =
        ClassFileEmitter.emit(LoopLowering.lower(kernel.optimized()), options);
    List<TileFunction.Param> params = kernel.optimized().params();
    var pointers = new boolean[params.size()];
    for (int i = 0; i < pointers.length; i++) {
      pointers[i] = params.get(i).value().type().isPointer();
    }
    return new CpuArtefact(
        kernel.name(),
        pointers,
        AtomicOrder.matters(kernel.optimized()),
        ProgramCost.of(kernel.optimized()),
        generated);
  }

  byte[] encode() {
    var bytes = new ByteArrayOutputStream(generated.bytes().length + 256);
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(VERSION);
      out.writeUTF(kernel);
      out.writeBoolean(orderMatters);
      out.writeInt(pointers.length);
      for (boolean pointer : pointers) {
        out.writeBoolean(pointer);
      }
      out.writeLong(programCost);
      out.writeLong(generated.scratchBytes());
      out.writeUTF(generated.name());
      out.writeInt(generated.bytes().length);
      out.write(generated.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Empty if the bytes are not those of an artefact of this version. */
  static Optional<CpuArtefact> decode(byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readInt() != VERSION) {
        return Optional.empty();
      }
      String kernel = in.readUTF();
      boolean orderMatters = in.readBoolean();
      var pointers = new boolean[Math.min(in.readInt(), bytes.length)];
      for (int i = 0; i < pointers.length; i++) {
        pointers[i] = in.readBoolean();
      }
      long programCost = in.readLong();
      long scratchBytes = in.readLong();
      String name = in.readUTF();
      int length = in.readInt();
      byte[] code = in.readNBytes(length);
      return code.length < length || in.available() > 0
          ? Optional.empty()
          : Optional.of(
              new CpuArtefact(
                  kernel,
                  pointers,
                  orderMatters,
                  programCost,
                  new GeneratedClass(name, code, scratchBytes)));
    } catch (IOException | IllegalArgumentException | NegativeArraySizeException e) {
      return Optional.empty();
    }
  }
}
