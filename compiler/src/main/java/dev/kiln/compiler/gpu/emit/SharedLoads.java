package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/** Loads of tiles from shared memory to registers, element by element. */
final class SharedLoads {
  private SharedLoads() {}

  /** What a tile in shared memory holds, in a layout. */
  static Fragment load(Emission emission, SharedTile tile, LinearLayout layout) {
    SharedAddresses addresses = SharedAddresses.of(emission, tile, layout);
    List<Operand> registers = new ArrayList<>();
    for (int register = 0; register < layout.registerCount(); register++) {
      int first = register & ~layout.freeRegisters();
      registers.add(
          first < register
              ? registers.get(first)
              : load(emission, tile, addresses.at(layout.registerIndex(register))));
    }
    return new Fragment(layout, registers);
  }

  private static Operand load(Emission emission, SharedTile tile, Operand.Address address) {
    RegisterClass held = Elements.held(tile.dtype());
    Operand.Register result = emission.ptx().register(held);
    emission
        .ptx()
        .add(
            "ld.shared." + type(tile),
            List.of(result),
            null,
            List.of(),
            Effect.READ,
            tile.access(false),
            address);
    return result;
  }

  /** Integers are held sign-extended, bytes of floats zero-extended. */
  private static String type(SharedTile tile) {
    int bits = 8 * tile.dtype().bytes();
    return tile.dtype().isFloat() ? (bits == 8 ? "u8" : "b" + bits) : "s" + bits;
  }
}
