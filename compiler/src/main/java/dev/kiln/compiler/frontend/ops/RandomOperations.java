package dev.kiln.compiler.frontend.ops;

/** Random numbers: all in the prelude. */
final class RandomOperations {
  private RandomOperations() {}

  static void addTo(OperationTable table) {
    var rows = table.rows(Category.RANDOM, "triton.language");
    rows.prelude("philox(seed, c0, c1, c2, c3, n_rounds=10)", "32 and 64 bits")
        .note("Philox 4x32 or 4x64, bit for bit")
        .prelude("philox_impl(c0, c1, c2, c3, k0, k1, n_rounds=10)", "uint32, uint64")
        .prelude("randint(seed, offset, n_rounds=10)", "→ uint32")
        .prelude("randint4x(seed, offset, n_rounds=10)", "→ uint32")
        .prelude("rand(seed, offset, n_rounds=10)", "→ float32")
        .note("0 included, 1 not")
        .prelude("rand4x(seed, offset, n_rounds=10)", "→ float32")
        .prelude("randn(seed, offset, n_rounds=10)", "→ float32")
        .prelude("randn4x(seed, offset, n_rounds=10)", "→ float32")
        .prelude("uint_to_uniform_float(x)", "32 and 64 bits")
        .prelude("pair_uniform_to_normal(u1, u2)", "float32");
  }
}
