package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Packing;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/**
 * What a vector of elements is in memory: words of 64 bits for such elements, otherwise of 32 bits,
 * or one smaller number.
 */
public final class Words {
  private final PtxBuilder ptx;
  private final DType dtype;
  private final int count;

  /**
   * @param count of elements, whose bytes are 16 at most
   */
  public Words(PtxBuilder ptx, DType dtype, int count) {
    this.ptx = ptx;
    this.dtype = dtype;
    this.count = count;
  }

  private int bytes() {
    return dtype.bytes() * count;
  }

  private boolean isSingle() {
    return count == 1;
  }

  /** The class of the registers that are loaded or stored. */
  public RegisterClass held() {
    if (isSingle()) {
      return dtype.isBool() ? RegisterClass.B32 : Elements.held(dtype);
    }
    return dtype.bytes() == Long.BYTES ? RegisterClass.B64 : RegisterClass.B32;
  }

  /** How many registers are loaded or stored. */
  public int registers() {
    return isSingle() ? 1 : Math.max(1, bytes() / (held().bits() / Byte.SIZE));
  }

  /** The end of an opcode: {@code .v4.b32}. */
  public String type(boolean load) {
    if (registers() > 1) {
      return ".v" + registers() + "." + held().type();
    }
    int bits = bytes() * Byte.SIZE;
    boolean signed = isSingle() && dtype.isInteger() && !dtype.isBool();
    if (load && bits < held().bits()) {
      return (signed ? ".s" : ".u") + bits;
    }
    return ".b" + bits;
  }

  /** The registers as an operand. */
  public static Operand operand(List<? extends Operand> registers) {
    return registers.size() == 1 ? registers.getFirst() : new Vector(List.copyOf(registers));
  }

  // ---------------------------------------------------------------- elements to words

  /** What is stored, or loaded where a mask is false. */
  public List<Operand> pack(List<Operand> elements) {
    List<Operand> plain = dtype.isBool() ? elements.stream().map(this::number).toList() : elements;
    if (isSingle() || dtype.bytes() >= Integer.BYTES) {
      return plain;
    }
    if (plain.stream().allMatch(Immediate.class::isInstance)) {
      return constants(plain);
    }
    if (bytes() == 2) {
      Operand low = wide(plain.get(0));
      Operand high = wide(plain.get(1));
      return List.of(ptx.emit("prmt.b32", RegisterClass.B32, low, high, Immediate.b32(0x0040)));
    }
    return Packing.words(ptx, dtype.bytes() * Byte.SIZE, plain);
  }

  private Operand number(Operand predicate) {
    return predicate instanceof Immediate known
        ? Immediate.b32((int) known.bits())
        : ptx.emit("selp.b32", RegisterClass.B32, Immediate.b32(1), Immediate.b32(0), predicate);
  }

  private Operand wide(Operand element) {
    return element.type() == RegisterClass.B32
        ? element
        : ptx.emit("cvt.u32.u16", RegisterClass.B32, element);
  }

  private List<Operand> constants(List<Operand> elements) {
    int bits = dtype.bytes() * Byte.SIZE;
    int inWord = Math.min(count, Integer.SIZE / bits);
    var words = new ArrayList<Operand>();
    for (int i = 0; i < elements.size(); i += inWord) {
      int word = 0;
      for (int j = 0; j < inWord; j++) {
        long element = ((Immediate) elements.get(i + j)).bits() & (1L << bits) - 1;
        word |= (int) element << bits * j;
      }
      words.add(Immediate.b32(word));
    }
    return words;
  }

  // ---------------------------------------------------------------- words to elements

  /** The elements of what was loaded. */
  public List<Operand> unpack(List<? extends Operand> words) {
    if (isSingle() || dtype.bytes() >= Integer.BYTES) {
      return words.stream().map(this::element).toList();
    }
    var elements = new ArrayList<Operand>();
    for (Operand word : words) {
      elements.addAll(dtype.bytes() == 2 ? halves(word) : bytes(word));
    }
    return elements;
  }

  private Operand element(Operand word) {
    return dtype.isBool() ? isSet(word) : word;
  }

  private Operand isSet(Operand number) {
    return ptx.emit("setp.ne.s32", RegisterClass.PRED, number, Immediate.b32(0));
  }

  private List<Operand> halves(Operand word) {
    return Elements.held(dtype) == RegisterClass.B16
        ? Packing.halvesOf(ptx, word)
        : List.of(permuted(word, 0x9910), permuted(word, 0xBB32));
  }

  private List<Operand> bytes(Operand word) {
    int inWord = Math.min(count, Integer.BYTES);
    var bytes = new ArrayList<Operand>();
    if (dtype.isFp8()) {
      List<Operand> halves = Packing.halvesOf(ptx, word);
      for (int i = 0; i < inWord; i++) {
        bytes.add(fp8(halves.get(i / 2), i % 2));
      }
      return bytes;
    }
    for (int i = 0; i < inWord; i++) {
      bytes.add(
          dtype.isBool()
              ? isSet(
                  ptx.emit(
                      "and.b32", RegisterClass.B32, word, Immediate.b32(0xFF << Byte.SIZE * i)))
              : permuted(word, 0x8880 + 0x1111 * i));
    }
    return bytes;
  }

  private Operand fp8(Operand half, int side) {
    return side == 0
        ? ptx.emit("and.b16", RegisterClass.B16, half, Immediate.b16(0xFF))
        : ptx.emit("shr.u16", RegisterClass.B16, half, Immediate.b32(Byte.SIZE));
  }

  /** Bytes of a word; the digit's highest bit stands for copies of the byte's sign. */
  private Operand permuted(Operand word, int selector) {
    return ptx.emit("prmt.b32", RegisterClass.B32, word, Immediate.b32(0), Immediate.b32(selector));
  }
}
