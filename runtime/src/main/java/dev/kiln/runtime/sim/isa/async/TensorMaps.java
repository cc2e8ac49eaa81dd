package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The tensor maps that a block has used, decoded, by generic address. */
final class TensorMaps {
  private static final Attachment<Block, TensorMaps> KEY =
      new Attachment<>(block -> new TensorMaps());
  private static final int ALIGNMENT = 64;

  private final Map<Long, Known> known = new HashMap<>();
  private final byte[] bytes = new byte[TensorMap.BYTES];

  private record Known(byte[] bytes, TensorMap map) {}

  private TensorMaps() {}

  /**
   * The map at an address.
   *
   * @param place in parameter, constant or global memory, by generic address or as a variable
   */
  static TensorMap load(Warp warp, Place place, int lane) {
    long address = place.at(warp, lane);
    if (place.space() != Space.GENERIC) {
      address += MemoryPort.windowStart(place.space());
    }
    return warp.block.attached(KEY).load(warp.block, address, lane);
  }

  private TensorMap load(Block block, long address, int lane) {
    if (address % ALIGNMENT != 0) {
      throw new LaneFault(
          LaneFault.Kind.MISALIGNED_ADDRESS,
          lane,
          "a tensor map at 0x%x, which is not a multiple of 64".formatted(address));
    }
    Space space = MemoryPort.spaceOf(address);
    long inSpace = address - MemoryPort.windowStart(space);
    Region region =
        switch (space) {
          case GLOBAL -> block.grid.memory.global().find(inSpace);
          case CONST -> block.grid.memory.constants().find(inSpace);
          case PARAM -> block.grid.parameters;
          default -> null;
        };
    if (region == null || !region.holds(inSpace, TensorMap.BYTES)) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_ADDRESS,
          lane,
          "a tensor map at 0x%x, where neither parameters nor constant nor global memory has 128"
                  .formatted(address)
              + " bytes");
    }
    MemorySegment.copy(
        region.bytes(), ValueLayout.JAVA_BYTE, inSpace - region.start(), bytes, 0, bytes.length);
    Known last = known.get(address);
    if (last != null && Arrays.equals(last.bytes, bytes)) {
      return last.map;
    }
    TensorMap map = decode(bytes, address, lane);
    known.put(address, new Known(bytes.clone(), map));
    return map;
  }

  static TensorMap decode(byte[] bytes, long address, int lane) {
    try {
      return TensorMap.decode(bytes);
    } catch (KilnException e) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          lane,
          "the tensor map at 0x%x is %s".formatted(address, e.getMessage()));
    }
  }
}
