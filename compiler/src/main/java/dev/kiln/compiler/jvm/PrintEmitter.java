package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.ProgramServices;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.util.Arrays;
import java.util.stream.Collectors;

/** {@code device_print}: every operand's elements go to memory and are printed from there. */
final class PrintEmitter {
  private final KernelWriter kernel;
  private final CodeWriter writer;
  private final CodeBuilder code;

  PrintEmitter(KernelWriter kernel, CodeWriter writer) {
    this.kernel = kernel;
    this.writer = writer;
    this.code = writer.code();
  }

  void emit(LoopStmt.Print print) {
    if (print.operands().isEmpty()) {
      code.loadConstant(print.op().prefix());
      pushProgram();
      writer.call(ProgramServices.class, "print", CD_void, CD_String, CD_int, CD_int, CD_int);
    }
    for (int i = 0; i < print.operands().size(); i++) {
      emitOperand(print, i);
    }
  }

  private void emitOperand(LoopStmt.Print print, int i) {
    LoopStmt.PrintOperand operand = print.operands().get(i);
    DType dtype;
    if (operand.scalar().isPresent()) {
      Value scalar = operand.scalar().get();
      dtype = scalar.dtype();
      long at = kernel.scratch().transientArea(Long.BYTES);
      new MemoryAccess(writer)
          .store(dtype, () -> writer.pushScratchOffset(at), () -> writer.push(scalar));
      writer.pushMemory();
      writer.pushScratchOffset(at);
    } else {
      TileRef tile = operand.tile().orElseThrow();
      dtype = tile.dtype();
      writer.pushMemory();
      DriverEmitter.pushBase(writer, tile);
    }
    ScalarOps.pushDType(code, dtype);
    code.loadConstant(join(operand.shape().toArray()));
    code.loadConstant(operand.tile().map(PrintEmitter::strides).orElse(""));
    code.loadConstant(print.op().prefix());
    code.loadConstant(
        print.op().hex() || print.op().operands().get(i).type().isPointer()
            ? "x"
            : print.op().signed().get(i) ? "" : "u");
    code.loadConstant(print.operands().size() == 1 ? -1 : i);
    pushProgram();
    writer.call(
        ProgramServices.class,
        "print",
        CD_void,
        CodeWriter.MEMORY_SEGMENT,
        CD_long,
        ScalarOps.dtypeClass(),
        CD_String,
        CD_String,
        CD_String,
        CD_String,
        CD_int,
        CD_int,
        CD_int,
        CD_int);
  }

  private void pushProgram() {
    writer.definitions().programIds().forEach(writer::push);
  }

  private static String strides(TileRef tile) {
    return tile.strides().stream()
        .map(s -> String.valueOf(((TileRef.Fixed) s).elements()))
        .collect(Collectors.joining(","));
  }

  private static String join(int[] numbers) {
    return Arrays.stream(numbers).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }
}
