package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Vector;
import java.util.ArrayList;
import java.util.List;

/** Stores of tiles to shared memory, in as wide accesses as the two layouts allow. */
public final class SharedStores {
  private static final int WIDEST = 16;

  private SharedStores() {}

  /** Stores a fragment; each element is written by one thread. */
  public static void store(Emission emission, Fragment fragment, SharedTile tile) {
    LinearLayout layout = fragment.layout();
    int[] order = vectorBits(layout, tile);
    int inner = 0;
    for (int bit : order) {
      inner |= 1 << bit;
    }
    int skipped = inner | layout.freeRegisters();
    Operand owner = emission.isOwner(layout);
    Guard guard = owner == null ? null : new Guard(owner, false);
    SharedAddresses addresses = SharedAddresses.of(emission, tile, layout);
    for (int register = 0; register < layout.registerCount(); register++) {
      if ((register & skipped) == 0) {
        List<Operand> elements = new ArrayList<>();
        for (int i = 0; i < 1 << order.length; i++) {
          elements.add(fragment.registers().get(register | spread(i, order)));
        }
        store(emission, tile, guard, addresses.at(layout.registerIndex(register)), elements);
      }
    }
  }

  private static int spread(int number, int[] bits) {
    int spread = 0;
    for (int i = 0; i < bits.length; i++) {
      spread |= (number >> i & 1) << bits[i];
    }
    return spread;
  }

  /** The bits of register numbers whose elements lie beside each other, the nearest first. */
  private static int[] vectorBits(LinearLayout layout, SharedTile tile) {
    var bits = new ArrayList<Integer>();
    for (int bytes = tile.dtype().bytes(); bytes < WIDEST; bytes *= 2) {
      int bit = bitAlone(layout, tile, bytes);
      if (bit < 0) {
        break;
      }
      bits.add(bit);
    }
    return bits.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The bit of registers that moves by so many bytes, while nothing else touches that bit. */
  private static int bitAlone(LinearLayout layout, SharedTile tile, int bytes) {
    int found = -1;
    int touching = 0;
    for (int bit = 0; bit < layout.registers().length; bit++) {
      int moves = tile.bytes(layout.registers()[bit]);
      touching += (moves & bytes) != 0 ? 1 : 0;
      found = moves == bytes ? bit : found;
    }
    for (int base : SharedTile.threads(layout)) {
      touching += (tile.bytes(base) & bytes) != 0 ? 1 : 0;
    }
    return touching == 1 ? found : -1;
  }

  private static void store(
      Emission emission, SharedTile tile, Guard guard, Operand address, List<Operand> elements) {
    int bits = 8 * tile.dtype().bytes();
    int total = bits * elements.size();
    List<Operand> words =
        total >= 32 ? Packing.words(emission.ptx(), bits, elements) : narrow(emission, elements);
    int wordBits = Math.min(total, Math.max(32, bits));
    String vector = words.size() == 1 ? "" : ".v" + words.size();
    Operand value = words.size() == 1 ? words.getFirst() : new Vector(words);
    emission
        .ptx()
        .add(
            "st.shared" + vector + ".b" + wordBits,
            List.of(),
            guard,
            List.of(),
            Effect.EFFECT,
            tile.access(true),
            address,
            value);
  }

  /** One element, or two bytes as a number of 16 bits. */
  private static List<Operand> narrow(Emission emission, List<Operand> elements) {
    return elements.size() == 1 ? elements : List.of(Packing.bytePair(emission.ptx(), elements));
  }
}
