package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.tensor.IntegerProduct.Operation;
import dev.kiln.runtime.sim.isa.tensor.WmmaTransfer.Piece;
import dev.kiln.runtime.sim.isa.tensor.WmmaTransfer.Plan;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.AddressOperand;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.ArrayList;
import java.util.List;

/** {@code wmma.load}, {@code wmma.store} and {@code wmma.mma} (PTX ISA 9.7.14.4). */
final class WmmaDecoder implements Decoder {
  /** Registers of an operand of f16, whatever its shape. */
  private static final int HALF_REGISTERS = 8;

  @Override
  public Step decode(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.take("mma")) {
      return multiply(context);
    }
    boolean stores = modifiers.take("store");
    if (!stores && !modifiers.take("load")) {
      throw context.malformed("is neither .load nor .store nor .mma");
    }
    String matrix =
        modifiers
            .takeAny(stores ? new String[] {"d"} : new String[] {"a", "b", "c"})
            .orElseThrow(() -> context.malformed("names no matrix"));
    return transfer(context, stores, matrix.charAt(0));
  }

  private static Step multiply(DecodeContext context) {
    context.expectOperands(4, 4);
    ProductForm form = ProductForm.take(context);
    List<Element> types = form.types();
    boolean half = types.size() == 2;
    if (form.layouts().size() != 2 || !half && types.size() != 4) {
      throw context.malformed("needs two layouts and two or four types");
    }
    Element a = half ? Element.F16 : types.get(1);
    Element b = half ? Element.F16 : types.get(2);
    if (!isLegal(form, a, b)) {
      throw form.noSuch(context);
    }
    Tiling tiling = Tiling.of(form.shape(), a);
    int ofA = half ? HALF_REGISTERS : tiling.registersOfA();
    int ofB = half ? HALF_REGISTERS : tiling.registersOfB();
    return Products.step(context, form, a, b, ofA, ofB);
  }

  private static boolean isLegal(ProductForm form, Element a, Element b) {
    Element d = form.types().getFirst();
    Element c = form.types().getLast();
    boolean integer = d == Element.S32 && c == Element.S32;
    boolean narrow = MmaDecoder.nibbles(a) || a == Element.B1;
    if (!shapeFits(form.shape(), a) || narrow && !form.layouts().equals(List.of("row", "col"))) {
      return false;
    }
    boolean saturable = a == Element.F16 || MmaDecoder.bytes(a) || MmaDecoder.nibbles(a);
    if (form.saturates() && !saturable
        || form.rounding().isPresent() && a != Element.F64
        || !form.kind().isEmpty()
        || (a == Element.B1) != (form.operation() != Operation.MULTIPLY)) {
      return false;
    }
    return switch (a) {
      case F16 ->
          form.types().size() == 2
              && (d == Element.F16 || d == Element.F32)
              && (c == Element.F16 || c == Element.F32);
      case BF16, TF32 -> b == a && d == Element.F32 && c == Element.F32;
      case F64 -> b == a && d == a && c == a;
      case S8, U8, S4, U4, B1 -> b == a && integer;
      case F32, E4M3, E5M2, E2M1, E2M3, E3M2, S32 -> false;
    };
  }

  private static boolean shapeFits(Shape shape, Element element) {
    return switch (element) {
      case F16, BF16, S8, U8 -> shape.is(16, 16, 16) || shape.is(32, 8, 16) || shape.is(8, 32, 16);
      case TF32 -> shape.is(16, 16, 8);
      case F64 -> shape.is(8, 8, 4);
      case S4, U4 -> shape.is(8, 8, 32);
      case B1 -> shape.is(8, 8, 128);
      case F32, E4M3, E5M2, E2M1, E2M3, E3M2, S32 -> false;
    };
  }

  private static boolean sumFits(Shape shape, Element element) {
    return switch (element) {
      case F16 -> shapeFits(shape, Element.F16);
      case F32 -> shapeFits(shape, Element.F16) || shapeFits(shape, Element.TF32);
      case F64 -> shapeFits(shape, Element.F64);
      case S32 ->
          shapeFits(shape, Element.S8)
              || shapeFits(shape, Element.S4)
              || shapeFits(shape, Element.B1);
      case BF16, TF32, E4M3, E5M2, E2M1, E2M3, E3M2, S8, U8, S4, U4, B1 -> false;
    };
  }

  private static Step transfer(DecodeContext context, boolean stores, char matrix) {
    context.expectOperands(2, 3);
    Modifiers modifiers = context.modifiers();
    ProductForm.requireAligned(context);
    Shape shape = Shape.take(context);
    boolean rows = modifiers.take("row");
    if (!rows && !modifiers.take("col")) {
      throw context.malformed("needs .row or .col");
    }
    Space space =
        modifiers.take("global")
            ? Space.GLOBAL
            : modifiers.takeAny("shared", "shared::cta").isPresent() ? Space.SHARED : Space.GENERIC;
    Element element =
        modifiers
            .takeType()
            .flatMap(Element::of)
            .orElseThrow(() -> context.malformed("needs the type of its elements"));
    boolean sum = matrix == 'c' || matrix == 'd';
    boolean along = sum || (matrix == 'a') == rows;
    boolean narrow = element.bits() < 8;
    if (!(sum ? sumFits(shape, element) : shapeFits(shape, element)) || narrow && !along) {
      throw context.malformed("there is no such matrix");
    }
    Operand registers = context.operand(stores ? 1 : 0);
    int[] slots = slots(context, registers, stores, matrix, shape, element);
    List<Piece> pieces =
        sum
            ? sumPieces(shape, element, rows, slots)
            : operandPieces(shape, element, matrix == 'a', along, slots);
    int bytes =
        element == Element.F64 ? 8 : whole(element, along, sum && !rows) ? 4 : element.bits() / 8;
    AddressOperand address = context.address(context.operand(stores ? 0 : 1));
    int extent = rowLength(matrix, rows, shape);
    Plan plan =
        new Plan(
            address,
            MemoryOperand.of(address, space, bytes, stores ? Use.WRITE : Use.READ),
            element.bits(),
            context.operands().size() == 3 ? context.word(context.operand(2), PtxType.U32) : -1,
            extent,
            pieces,
            repeated(slots, distinct(matrix, shape, element)));
    return new WmmaTransfer(context.instruction().mnemonic(), plan, stores);
  }

  /** Whether a register's elements are neighbours in memory, so that they move together. */
  private static boolean whole(Element element, boolean along, boolean columnsOfSum) {
    return element.bits() == 32 || along && !columnsOfSum;
  }

  /** Elements of a row or column in memory: the stride where none is given. */
  private static int rowLength(char matrix, boolean rows, Shape shape) {
    return switch (matrix) {
      case 'a' -> rows ? shape.k() : shape.m();
      case 'b' -> rows ? shape.n() : shape.k();
      default -> rows ? shape.n() : shape.m();
    };
  }

  private static int distinct(char matrix, Shape shape, Element element) {
    Tiling tiling = Tiling.of(shape, element);
    return switch (matrix) {
      case 'a' -> tiling.registersOfA();
      case 'b' -> tiling.registersOfB();
      default -> tiling.accumulators() / (element == Element.F16 ? 2 : 1);
    };
  }

  private static int[] slots(
      DecodeContext context,
      Operand operand,
      boolean stores,
      char matrix,
      Shape shape,
      Element element) {
    boolean half = element == Element.F16 && (matrix == 'a' || matrix == 'b');
    int count = half ? HALF_REGISTERS : distinct(matrix, shape, element);
    if (element == Element.F64) {
      return stores
          ? Registers.wideSources(context, operand, count)
          : Registers.wideTargets(context, operand, count);
    }
    return stores
        ? Registers.sources(context, operand, count)
        : Registers.targets(context, operand, count);
  }

  private static List<int[]> repeated(int[] slots, int distinct) {
    List<int[]> pairs = new ArrayList<>();
    for (int i = distinct; i < slots.length; i++) {
      pairs.add(new int[] {slots[i % distinct], slots[i]});
    }
    return pairs;
  }

  /**
   * Of A or B.
   *
   * @param along whether elements along k are neighbours
   */
  private static List<Piece> operandPieces(
      Shape shape, Element element, boolean ofA, boolean along, int[] slots) {
    Tiling tiling = Tiling.of(shape, element);
    int packed = element.perRegister();
    int count = ofA ? tiling.registersOfA() : tiling.registersOfB();
    int steps = shape.k() / (4 * packed);
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int halves = ofA ? tiling.halves() : 1;
      int block = i / (steps * halves);
      int outer = ofA ? block * 16 + i % halves * 8 : block * 8;
      int first = i / halves % steps * 4 * packed;
      for (int e = 0; e < (along ? 1 : packed); e++) {
        int[] outers = new int[32];
        int[] inners = new int[32];
        for (int lane = 0; lane < 32; lane++) {
          outers[lane] = outer + (lane >> 2);
          inners[lane] = first + (lane & 3) * packed + e;
        }
        pieces.add(
            new Piece(
                slots[i], e * element.bits(), along ? outers : inners, along ? inners : outers));
      }
    }
    return pieces;
  }

  private static List<Piece> sumPieces(Shape shape, Element element, boolean rows, int[] slots) {
    Tiling tiling = Tiling.of(shape, element);
    int packed = element == Element.F16 ? 2 : 1;
    int together = packed == 2 && rows ? 2 : 1;
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < tiling.accumulators(); i += together) {
      int block = i / (2 * tiling.halves());
      int row = block / tiling.columnBlocks() * 16 + i / 2 % tiling.halves() * 8;
      int column = block % tiling.columnBlocks() * 8 + i % 2;
      int[] rowOf = new int[32];
      int[] columnOf = new int[32];
      for (int lane = 0; lane < 32; lane++) {
        rowOf[lane] = row + (lane >> 2);
        columnOf[lane] = column + (lane & 3) * 2;
      }
      pieces.add(
          new Piece(
              slots[i / packed],
              i % packed * element.bits(),
              rows ? rowOf : columnOf,
              rows ? columnOf : rowOf));
    }
    return pieces;
  }
}
