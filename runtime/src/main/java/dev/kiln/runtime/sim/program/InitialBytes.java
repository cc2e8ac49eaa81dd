package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import dev.kiln.runtime.sim.ptx.Variable;
import dev.kiln.runtime.sim.ptx.Variable.Initializer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The bytes that a variable begins with. */
final class InitialBytes {
  private final Map<String, Definition> symbols;
  private final Map<String, Long> functions;
  private final Addresses addresses;
  private byte[] bytes;
  private int length;
  private Variable variable;
  private List<Long> extents;

  /**
   * @param symbols variables and functions of the module
   * @param functions their addresses
   */
  InitialBytes(Map<String, Definition> symbols, Map<String, Long> functions, Addresses addresses) {
    this.symbols = symbols;
    this.functions = functions;
    this.addresses = addresses;
  }

  /**
   * A variable's first bytes, as far as its initial value tells them; the others are 0.
   *
   * @throws MalformedInstruction if the value does not fit the variable
   */
  byte[] of(Variable wanted) {
    variable = wanted;
    bytes = new byte[0];
    length = 0;
    extents = new ArrayList<>(wanted.dimensions());
    if (wanted.vector() > 1) {
      extents.add((long) wanted.vector());
    }
    wanted.initializer().ifPresent(initializer -> write(initializer, 0, 0));
    return Arrays.copyOf(bytes, length);
  }

  private void write(Initializer initializer, long offset, int level) {
    switch (initializer) {
      case Initializer.Elements list -> {
        checkExtent(list, level);
        boolean flat = list.elements().stream().noneMatch(Initializer.Elements.class::isInstance);
        long stride = variable.type().bytes();
        for (int i = extents.size() - 1; i > level && !flat; i--) {
          stride *= extents.get(i);
        }
        long next = offset;
        for (Initializer element : list.elements()) {
          write(element, next, level + 1);
          next += stride;
        }
      }
      case Initializer.Constant constant -> put(constant, offset, number(constant));
      case Initializer.AddressOf address -> put(address, offset, address(address));
    }
  }

  /** Fails if a list inside of another is longer than its dimension; the outermost fails later. */
  private void checkExtent(Initializer.Elements list, int level) {
    if (level > 0 && (level >= extents.size() || list.elements().size() > extents.get(level))) {
      throw tooMany(list);
    }
  }

  private MalformedInstruction tooMany(Initializer from) {
    return new MalformedInstruction(
        from.at(), "'" + variable.name() + "' has more initial values than elements");
  }

  private void put(Initializer from, long offset, long value) {
    int count = variable.type().bytes();
    if (offset + count > variable.size()) {
      throw tooMany(from);
    }
    int end = Math.toIntExact(offset + count);
    if (end > bytes.length) {
      bytes =
          Arrays.copyOf(bytes, Math.toIntExact(Math.min(variable.size(), Math.max(end, 2L * end))));
    }
    length = Math.max(length, end);
    for (int i = 0; i < Math.min(count, Long.BYTES); i++) {
      bytes[(int) offset + i] = (byte) (value >>> (8 * i));
    }
  }

  private long number(Initializer.Constant constant) {
    PtxType type = variable.type();
    return switch (constant.literal()) {
      case Operand.IntegerLiteral(var at, long value) ->
          switch (type) {
            case F32 -> Float.floatToRawIntBits((float) value);
            case F64 -> Double.doubleToRawLongBits(value);
            default -> value;
          };
      case Operand.FloatLiteral(var at, boolean single, long bits) -> {
        double value = single ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
        yield switch (type) {
          case F64 -> single ? Double.doubleToRawLongBits(value) : bits;
          case F32 -> single ? bits : Float.floatToRawIntBits((float) value);
          case B32, B64 -> bits;
          default ->
              throw new MalformedInstruction(
                  at, "a floating-point number for '" + variable.name() + "', which is " + type);
        };
      }
      default ->
          throw new MalformedInstruction(constant.at(), "an initial value has to be a constant");
    };
  }

  private long address(Initializer.AddressOf wanted) {
    Definition definition =
        Optional.ofNullable(symbols.get(wanted.symbol()))
            .orElseThrow(() -> Scope.undefined(wanted.at(), wanted.symbol()));
    long address =
        switch (definition) {
          case Definition.Datum datum when datum.placement() == Definition.Placement.MODULE -> {
            boolean window = wanted.generic() && datum.variable().space() == Space.CONST;
            yield addresses.of(datum.variable()) + (window ? AddressSpace.CONST_BASE : 0);
          }
          case Definition.Code code -> functions.getOrDefault(code.function().name(), 0L);
          default ->
              throw new MalformedInstruction(
                  wanted.at(), "'" + wanted.symbol() + "' has no address before a launch");
        };
    long value = address + wanted.offset();
    return wanted
        .mask()
        .map(mask -> mask == 0 ? 0 : (value & mask) >>> Long.numberOfTrailingZeros(mask))
        .orElse(value);
  }
}
