package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
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
  private final Emission emission;
  private final PtxBuilder ptx;
  private final List<Integer> lanes;
  private final List<Integer> warps;
  private final List<Integer> otherWarps;
  private final int values;

  /**
   * @param lanes positions of the bits of lanes that tell different values apart
   * @param values of a thread
   */
  WarpExchange(Emission emission, AxisBits bits, List<Integer> lanes, int values) {
    this.emission = emission;
    this.ptx = emission.ptx();
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
    Places places = places(SharedVectors.bytes(held));
    var memory = new SharedVectors(emission, held, places.total(), "values of several warps");
    int step = places.alongValues() ? places.vector() : 1;
    for (int value = 0; value < values; value += step) {
      memory.store(
          places.write(), places.offset(0, value), own.subList(value, value + step), writer);
    }
    return read(places, memory);
  }

  private List<List<Operand>> read(Places places, SharedVectors memory) {
    var read = new ArrayList<List<Operand>>();
    for (int warp = 0; warp < warpCount(); warp++) {
      read.add(new ArrayList<>(Collections.nCopies(values, null)));
    }
    int vector = places.vector();
    boolean alongValues = places.alongValues();
    for (int warp = 0; warp < warpCount(); warp += alongValues ? 1 : vector) {
      for (int value = 0; value < values; value += alongValues ? vector : 1) {
        List<Operand> loaded = memory.load(places.read(), places.offset(warp, value), vector);
        for (int i = 0; i < vector; i++) {
          int toWarp = alongValues ? warp : warp + i;
          read.get(toWarp).set(alongValues ? value + i : value, loaded.get(i));
        }
      }
    }
    return read;
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
    int most = SharedVectors.BYTES / bytes;
    boolean isOne = values == 1 && lanes.isEmpty();
    int vector = Math.min(most, isOne ? warpCount() : Integer.lowestOneBit(values));
    int inWarp = values << lanes.size();
    int group = isOne ? warpCount() : inWarp;
    int warpStride = isOne ? 1 : inWarp << otherWarps.size();
    Operand lane = BitFields.gather(ptx, emission.lane(), lanes, LinearMap.log2(vector * bytes));
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
