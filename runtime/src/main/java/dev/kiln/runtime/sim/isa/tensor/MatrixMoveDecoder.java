package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;

/** {@code ldmatrix}, {@code stmatrix} and {@code movmatrix} (PTX ISA 9.7.14.5.15 to 17). */
final class MatrixMoveDecoder {
  /** Bytes of a row in memory, whatever its elements. */
  static final int ROW = 16;

  private MatrixMoveDecoder() {}

  static Step load(DecodeContext context) {
    context.expectOperands(2, 2);
    ProductForm.requireAligned(context);
    Modifiers modifiers = context.modifiers();
    int count = count(context);
    boolean transposed = modifiers.take("trans");
    MemoryOperand from = memory(context, context.operand(1), Use.READ);
    Operand to = context.operand(0);
    if (modifiers.take("m8n8")) {
      require(context, modifiers.take("b16"), "m8n8 needs .b16");
      int[] slots = Registers.targets(context, to, count);
      return new HalfMatrixLoad(context.instruction().mnemonic(), from, slots, transposed);
    }
    boolean square = modifiers.take("m16n16");
    require(context, square || modifiers.take("m8n16"), "needs .m8n8, .m8n16 or .m16n16");
    require(context, transposed == square, ".m16n16 needs .trans, .m8n16 cannot have it");
    require(context, !square || count <= 2, ".m16n16 needs .x1 or .x2");
    ByteMatrixLoad.Source source = source(context, square);
    int[] slots = Registers.targets(context, to, square ? 2 * count : count);
    return new ByteMatrixLoad(context.instruction().mnemonic(), from, slots, square, source);
  }

  private static ByteMatrixLoad.Source source(DecodeContext context, boolean square) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.take("b8x16")) {
      if (modifiers.take("b6x16_p32")) {
        return ByteMatrixLoad.Source.SIX_BITS;
      }
      require(context, modifiers.take("b4x16_p64"), "needs .b6x16_p32 or .b4x16_p64");
      return ByteMatrixLoad.Source.FOUR_BITS;
    }
    require(context, square && modifiers.take("b8"), "needs .b8 or .b8x16");
    return ByteMatrixLoad.Source.BYTES;
  }

  static Step store(DecodeContext context) {
    context.expectOperands(2, 2);
    ProductForm.requireAligned(context);
    Modifiers modifiers = context.modifiers();
    int count = count(context);
    boolean transposed = modifiers.take("trans");
    MemoryOperand to = memory(context, context.operand(0), Use.WRITE);
    int[] slots = Registers.sources(context, context.operand(1), count);
    String mnemonic = context.instruction().mnemonic();
    if (modifiers.take("m8n8")) {
      require(context, modifiers.take("b16"), "m8n8 needs .b16");
      return new HalfMatrixStore(mnemonic, to, slots, transposed);
    }
    require(context, modifiers.take("m16n8"), "needs .m8n8 or .m16n8");
    require(context, transposed && modifiers.take("b8"), ".m16n8 needs .trans and .b8");
    return new ByteMatrixStore(mnemonic, to, slots);
  }

  static Step transpose(DecodeContext context) {
    context.expectOperands(2, 2);
    ProductForm.requireAligned(context);
    Modifiers modifiers = context.modifiers();
    boolean fits = modifiers.take("m8n8") & modifiers.take("trans") & modifiers.take("b16");
    require(context, fits, "needs .m8n8.trans.b16");
    return new MatrixTranspose(
        context.instruction().mnemonic(),
        context.wordTarget(context.operand(0), PtxType.B32),
        context.word(context.operand(1), PtxType.B32));
  }

  private static int count(DecodeContext context) {
    return context
        .modifiers()
        .takeAny("x1", "x2", "x4")
        .map(word -> word.charAt(1) - '0')
        .orElseThrow(() -> context.malformed("needs .x1, .x2 or .x4"));
  }

  private static MemoryOperand memory(DecodeContext context, Operand operand, Use use) {
    boolean shared = context.modifiers().takeAny("shared", "shared::cta").isPresent();
    Space space = shared ? Space.SHARED : Space.GENERIC;
    return MemoryOperand.of(context.address(operand), space, ROW, use);
  }

  private static void require(DecodeContext context, boolean condition, String otherwise) {
    if (!condition) {
      throw context.malformed(otherwise);
    }
  }
}
