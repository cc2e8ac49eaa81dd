package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.gpu.memory.Words;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.layout.TileAccess;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads of a tile from shared memory to registers, each in as wide an access as the two layouts
 * allow, or by {@code ldmatrix} (PTX ISA, "Warp-level matrix load"). An access is emitted when the
 * first of its registers is asked for.
 */
final class SharedLoads {
  private static final int WIDEST = 16;

  private final Emission emission;
  private final SharedTile tile;
  private final LinearLayout layout;
  private final TileAccess access;
  private final SharedAddresses addresses;
  private final TileAccess.Group[] groups;
  private final Operand[] loaded;

  private SharedLoads(Emission emission, SharedTile tile, LinearLayout layout) {
    this.emission = emission;
    this.tile = tile;
    this.layout = layout;
    this.access = access(tile, layout);
    this.addresses =
        access.kind() == TileAccess.Kind.VECTOR
            ? SharedAddresses.of(emission, tile, layout)
            : SharedAddresses.ofOffsets(emission, tile, access.threadOffsets());
    this.groups = new TileAccess.Group[layout.registerCount()];
    this.loaded = new Operand[layout.registerCount()];
    for (TileAccess.Group group : access.groups()) {
      group.registers().forEach(register -> groups[register] = group);
    }
  }

  /** What a tile in shared memory holds, in a layout. */
  static LazyFragment lazy(
      Emission emission, SharedTile tile, LinearLayout layout, LazyFragment outer) {
    var loads = new SharedLoads(emission, tile, layout);
    return new LazyFragment(layout, outer, loads::register);
  }

  /** The cheapest form of the accesses. */
  private static TileAccess access(SharedTile tile, LinearLayout layout) {
    int bytes = tile.dtype().bytes();
    LinearMap offsets = tile.layout().map();
    // Padding is not linear, so neighbours need not be neighbours.
    if (tile.layout().paddedEvery() != 0) {
      return TileAccess.vectors(layout, offsets, bytes, bytes);
    }
    return tile.dtype().isBool() || tile.slot().alignment() < WIDEST
        ? TileAccess.vectors(layout, offsets, bytes, Math.min(WIDEST, tile.slot().alignment()))
        : TileAccess.cheapest(layout, offsets, bytes, WIDEST);
  }

  private Operand register(int register) {
    if (loaded[register] == null) {
      load(groups[register]);
    }
    return loaded[register];
  }

  private void load(TileAccess.Group group) {
    var words = new Words(emission.ptx(), tile.dtype(), access.width());
    List<Register> results = new ArrayList<>();
    for (int i = 0; i < words.registers(); i++) {
      results.add(emission.ptx().register(words.held()));
    }
    boolean isVector = access.kind() == TileAccess.Kind.VECTOR;
    Address address = addresses.at(layout.registerIndex(group.registers().getFirst()));
    emission
        .ptx()
        .add(
            isVector ? "ld.shared" + words.type(true) : matrixOpcode(),
            List.of(isVector ? Words.operand(results) : new Operand.Vector(List.copyOf(results))),
            null,
            List.of(),
            Effect.READ,
            tile.access(false),
            address);
    List<Operand> elements = words.unpack(results);
    for (int i = 0; i < elements.size(); i++) {
      loaded[group.registers().get(i)] = elements.get(i);
    }
  }

  private String matrixOpcode() {
    String transposed = access.kind() == TileAccess.Kind.TRANSPOSED_MATRIX ? ".trans" : "";
    return "ldmatrix.sync.aligned.m8n8.x" + access.phases() + transposed + ".shared.b16";
  }
}
