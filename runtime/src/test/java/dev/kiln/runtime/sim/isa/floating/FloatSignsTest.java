package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloatSignsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "abs.f32",
        "abs.ftz.f32",
        "neg.f32",
        "neg.ftz.f32",
        "abs.f64",
        "neg.f64",
        "abs.f16",
        "neg.ftz.f16",
        "abs.ftz.f16x2",
        "neg.f16x2",
        "abs.bf16",
        "neg.bf16",
        "abs.bf16x2",
        "neg.bf16x2"
      })
  void onlyTheSignChanges(String mnemonic) {
    List<String> words = List.of(mnemonic.split("\\."));
    PtxType type = PtxType.parse(words.getLast()).orElseThrow();
    Format format =
        switch (type) {
          case F16, F16X2 -> Format.F16;
          case BF16, BF16X2 -> Format.BF16;
          case F32 -> Format.F32;
          default -> Format.F64;
        };
    boolean packed = type == PtxType.F16X2 || type == PtxType.BF16X2;
    SingleStep.of(mnemonic)
        .out(type)
        .in(type)
        .expect(
            in ->
                packed
                    ? of(words, format, in[0] & 0xffff) | of(words, format, in[0] >>> 16) << 16
                    : of(words, format, in[0]));
  }

  private static long of(List<String> words, Format format, long bits) {
    long value = words.contains("ftz") ? format.flush(bits) : bits;
    return words.get(0).equals("abs") ? value & ~format.sign() : value ^ format.sign();
  }

  @Test
  void theSignComesFromTheFirstSource() {
    SingleStep.of("copysign.f32")
        .out(PtxType.F32)
        .in(PtxType.F32)
        .in(PtxType.F32)
        .expect(in -> in[1] & 0x7fff_ffffL | in[0] & 0x8000_0000L);
    SingleStep.of("copysign.f64")
        .out(PtxType.F64)
        .in(PtxType.F64)
        .in(PtxType.F64)
        .expect(in -> in[1] & Long.MAX_VALUE | in[0] & Long.MIN_VALUE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"finite", "infinite", "number", "notanumber", "normal", "subnormal"})
  void propertiesAreTested(String property) {
    for (Format format : List.of(Format.F32, Format.F64)) {
      PtxType type = format == Format.F32 ? PtxType.F32 : PtxType.F64;
      SingleStep.of("testp." + property + "." + type.word())
          .out(PtxType.PRED)
          .in(type)
          .expect(in -> has(property, format, in[0]) ? 1 : 0);
    }
  }

  private static boolean has(String property, Format format, long bits) {
    double value = format.number(bits);
    return switch (property) {
      case "finite" -> Double.isFinite(value);
      case "infinite" -> Double.isInfinite(value);
      case "number" -> value == value;
      case "notanumber" -> value != value;
      case "normal" -> Double.isFinite(value) && !format.isSubnormal(bits);
      default -> format.isSubnormal(bits);
    };
  }
}
