package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Values that the warps along an axis give each other through shared memory. The places are in the
 * order of the hardware, not of the elements: a lane's values lie beside its neighbours', so no
 * access has a bank conflict, whatever the layout.
 *
 * <p>Of lanes that hold the same value, all write it to the same place.
 */
final class WarpExchange {
  private static final int VECTOR_BYTES = 16;
  private final Emission emission;
  private final PtxBuilder ptx;
  private final Shuffles shuffles;
  private final List<Integer> lanes;
  private final List<Integer> warps;
  private final List<Integer> otherWarps;
  private final int values;

  /**
   * @param lanes positions of the bits of lanes that tell different values apart
   * @param warps positions of the bits of warps along the axis, lowest first
   * @param values of a thread
   */
  WarpExchange(Emission emission, AxisBits bits, List<Integer> lanes, int values) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.shuffles = new Shuffles(ptx);
    this.lanes = lanes;
    this.warps = bits.along(bits.layout().warps());
    this.otherWarps = new ArrayList<>();
    for (int bit = 0; bit < bits.layout().warps().length; bit++) {
      if (!warps.contains(bit)) {
        otherWarps.add(bit);
      }
    }
    this.values = values;
  }

  int warpCount() {
    return 1 << warps.size();
  }

  /** The number of the own warp along the axis. */
  Operand warpAlongAxis() {
    return BitFields.gather(ptx, emission.warp(), warps, 0);
  }

  /**
   * Writes the thread's values and reads those of all warps along the axis.
   *
   * @param writer predicate of the lanes that write, or {@code null} for all
   * @return for each warp along the axis a list of the values
   */
  List<List<Operand>> exchange(List<Operand> own, Operand writer) {
    RegisterClass held = own.getFirst().type();
    List<Operand> words = own.stream().map(shuffles::widened).toList();
    int bytes = words.getFirst().type() == RegisterClass.B64 ? 8 : 4;
    Places places = places(bytes);
    SharedSlot slot =
        emission.shared((long) places.total() * bytes, VECTOR_BYTES, "values of several warps");
    String suffix = bytes == 8 ? "b64" : "b32";
    int step = places.alongValues() ? places.vector() : 1;
    for (int value = 0; value < values; value += step) {
      List<Operand> chunk = words.subList(value, value + step);
      ptx.add(
          "st.shared." + vectorSuffix(step) + suffix,
          List.of(),
          writer == null ? null : new Guard(writer, false),
          List.of(),
          Effect.EFFECT,
          new SharedAccess(slot, true),
          new Address(places.write(), (long) places.offset(0, value) * bytes, slot),
          step == 1 ? chunk.getFirst() : new Vector(chunk));
    }
    return read(places, slot, bytes, held);
  }

  private List<List<Operand>> read(Places places, SharedSlot slot, int bytes, RegisterClass held) {
    var read = new ArrayList<List<Operand>>();
    for (int warp = 0; warp < warpCount(); warp++) {
      read.add(new ArrayList<>(Collections.nCopies(values, null)));
    }
    RegisterClass word = bytes == 8 ? RegisterClass.B64 : RegisterClass.B32;
    int vector = places.vector();
    for (int warp = 0; warp < warpCount(); warp += places.alongValues() ? 1 : vector) {
      for (int value = 0; value < values; value += places.alongValues() ? vector : 1) {
        var registers = new ArrayList<Operand>();
        for (int i = 0; i < vector; i++) {
          Register register = ptx.register(word);
          registers.add(register);
          int toWarp = places.alongValues() ? warp : warp + i;
          int toValue = places.alongValues() ? value + i : value;
          read.get(toWarp).set(toValue, register);
        }
        ptx.add(
            "ld.shared." + vectorSuffix(vector) + word.type(),
            vector == 1 ? registers : List.of(new Vector(registers)),
            null,
            List.of(),
            Effect.READ,
            new SharedAccess(slot, false),
            new Address(places.read(), (long) places.offset(warp, value) * bytes, slot));
      }
    }
    read.forEach(list -> list.replaceAll(register -> shuffles.narrowed(held, register)));
    return read;
  }

  private static String vectorSuffix(int vector) {
    return vector == 1 ? "" : "v" + vector + ".";
  }

  /**
   * Where values lie, counted in values.
   *
   * @param alongValues whether neighbours are the values of a thread, else the warps of the axis
   * @param warpStride from one warp along the axis to the next
   * @param chunkStride from one vector of a thread's values to the next
   * @param write address of the own values, {@code .b32}
   * @param read address of the own values in warp 0 of the axis
   */
  private record Places(
      int vector,
      boolean alongValues,
      int warpStride,
      int chunkStride,
      int total,
      Operand write,
      Operand read) {
    int offset(int warp, int value) {
      return warp * warpStride
          + (alongValues ? value / vector * chunkStride + value % vector : value * chunkStride);
    }
  }

  private Places places(int bytes) {
    int most = VECTOR_BYTES / bytes;
    boolean isOne = values == 1 && lanes.isEmpty();
    int vector = Math.min(most, isOne ? warpCount() : Integer.lowestOneBit(values));
    int inWarp = values << lanes.size();
    int group = isOne ? warpCount() : inWarp;
    int warpStride = isOne ? 1 : inWarp << otherWarps.size();
    Operand lane = BitFields.gather(ptx, emission.lane(), lanes, AxisBits.log2(vector * bytes));
    Operand other = scaled(BitFields.gather(ptx, emission.warp(), otherWarps, 0), group * bytes);
    Operand read = sum(sum(emission.sharedBase(), other), isOne ? Immediate.b32(0) : lane);
    Operand write = sum(read, scaled(warpAlongAxis(), warpStride * bytes));
    return new Places(
        vector,
        !isOne,
        warpStride,
        vector << lanes.size(),
        inWarp << warps.size() + otherWarps.size(),
        write,
        read);
  }

  private Operand scaled(Operand value, int factor) {
    return ptx.emit("mul.lo.s32", RegisterClass.B32, value, Immediate.b32(factor));
  }

  private Operand sum(Operand left, Operand right) {
    return ptx.emit("add.s32", RegisterClass.B32, left, right);
  }
}
