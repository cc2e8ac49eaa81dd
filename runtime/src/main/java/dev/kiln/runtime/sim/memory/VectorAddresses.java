package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.RegisterVectors;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link Addresses} in vectors. */
final class VectorAddresses extends Addresses {
  private static final VectorSpecies<Long> LONGS = RegisterVectors.WIDES;
  private static final VectorSpecies<Integer> INTS = RegisterVectors.WORDS;
  private static final LongVector LONG_RAMP = LongVector.zero(LONGS).addIndex(1);
  private static final IntVector INT_RAMP = IntVector.zero(INTS).addIndex(1);

  @Override
  boolean gather(long[] from, int base, long offset, int bytes, long[] to) {
    long first = from[base] + offset;
    LongVector ramp = LONG_RAMP.mul(bytes).add(first);
    LongVector difference = LongVector.zero(LONGS);
    for (int i = 0; i < Warp.LANES; i += LONGS.length()) {
      LongVector address = LongVector.fromArray(LONGS, from, base + i).add(offset);
      address.intoArray(to, i);
      difference = difference.or(address.sub(ramp.add((long) i * bytes)));
    }
    return difference.compare(VectorOperators.NE, 0).toLong() == 0;
  }

  @Override
  boolean gather(int[] from, int base, int offset, int bytes, long[] to) {
    int first = from[base] + offset;
    IntVector ramp = INT_RAMP.mul(bytes).add(first);
    IntVector difference = IntVector.zero(INTS);
    for (int i = 0; i < Warp.LANES; i += INTS.length()) {
      IntVector address = IntVector.fromArray(INTS, from, base + i).add(offset);
      widen(address, 0).intoArray(to, i);
      widen(address, 1).intoArray(to, i + LONGS.length());
      difference = difference.or(address.sub(ramp.add(i * bytes)));
    }
    boolean wraps = first < 0 && first + (Warp.LANES - 1) * bytes >= 0;
    return difference.compare(VectorOperators.NE, 0).toLong() == 0 && !wraps;
  }

  private static LongVector widen(IntVector address, int part) {
    return (LongVector) address.convertShape(VectorOperators.ZERO_EXTEND_I2L, LONGS, part);
  }

  @Override
  void span(long[] addresses, int mask, long[] to) {
    LongVector any = LongVector.broadcast(LONGS, addresses[Integer.numberOfTrailingZeros(mask)]);
    LongVector low = any;
    LongVector high = any;
    LongVector bits = any;
    for (int i = 0; i < Warp.LANES; i += LONGS.length()) {
      VectorMask<Long> lanes = VectorMask.fromLong(LONGS, mask >>> i);
      LongVector address = any.blend(LongVector.fromArray(LONGS, addresses, i), lanes);
      low = low.min(address);
      high = high.max(address);
      bits = bits.or(address);
    }
    to[0] = low.reduceLanes(VectorOperators.MIN);
    to[1] = high.reduceLanes(VectorOperators.MAX);
    to[2] = bits.reduceLanes(VectorOperators.OR);
  }
}
