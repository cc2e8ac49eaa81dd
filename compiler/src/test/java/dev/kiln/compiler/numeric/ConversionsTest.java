package dev.kiln.compiler.numeric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversionsTest {
  @ParameterizedTest
  @CsvSource({
    "EXTS,I8,I32,-1,-1",
    "EXTS,I1,I32,1,-1",
    "EXTU,I1,I32,1,1",
    "EXTU,I8,I32,-1,255",
    "EXTU,I32,I64,-1,4294967295",
    "TRUNC,I32,I8,255,-1",
    "TRUNC,I64,I1,6,0",
    "TRUNC,I64,I1,7,1",
    "PTRTOINT,I64,I64,4096,4096",
  })
  void integers(CastKind kind, DType from, DType to, long value, long expected) {
    assertThat(Conversions.integerToInteger(kind, from, to, value)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "FPTOSI,I32,2.9,2",
    "FPTOSI,I32,-2.9,-2",
    "FPTOSI,I32,NaN,0",
    "FPTOSI,I32,3e9,2147483647",
    "FPTOSI,I32,-Infinity,-2147483648",
    "FPTOSI,I8,200,127",
    "FPTOSI,I8,-200,-128",
    "FPTOSI,I64,1e30,9223372036854775807",
    "FPTOUI,I8,200,-56",
    "FPTOUI,I8,300,-1",
    "FPTOUI,I8,255.9,-1",
    "FPTOUI,I32,-1,0",
    "FPTOUI,I32,-0.9,0",
    "FPTOUI,I32,NaN,0",
    "FPTOUI,I32,3e9,-1294967296",
    "FPTOUI,I64,9223372036854775808,-9223372036854775808",
    "FPTOUI,I64,1e30,-1",
    "FPTOUI,I1,0.9,0",
    "FPTOUI,I1,5,1",
  })
  void floatsToIntegersSaturate(CastKind kind, DType to, double value, long expected) {
    assertThat(Conversions.floatToInteger(kind, DType.FP64, to, value)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "SITOFP,I32,FP32,16777217,16777216",
    "SITOFP,I8,FP16,-1,-1",
    "UITOFP,I8,FP16,-1,255",
    "UITOFP,I64,FP32,-1,1.8446744073709552E19",
    "UITOFP,I1,FP32,1,1",
    "BITCAST,I32,FP32,1065353216,1",
    "BITCAST,I16,BF16,16256,1",
    "BITCAST,I8,FP8E4NV,126,448",
  })
  void integersToFloats(CastKind kind, DType from, DType to, long value, double expected) {
    assertThat(Conversions.integerToFloat(kind, from, to, value)).isEqualTo(expected);
  }

  @Test
  void floatsToFloats() {
    assertThat(Conversions.floatToFloat(CastKind.FPTRUNC, DType.FP32, DType.FP16, 2049))
        .isEqualTo(2048);
    assertThat(Conversions.floatToFloat(CastKind.FPTRUNC, DType.FP32, DType.FP16, 2051))
        .isEqualTo(2052);
    assertThat(Conversions.floatToFloat(CastKind.FPTRUNC_RTZ, DType.FP32, DType.FP16, 2051))
        .isEqualTo(2050);
    assertThat(Conversions.floatToFloat(CastKind.BITCAST, DType.FP16, DType.BF16, 1))
        .isEqualTo(FloatFormat.fromBits(DType.BF16, 0x3c00));
    assertThat(Conversions.floatToInteger(CastKind.BITCAST, DType.FP32, DType.I32, -0.0))
        .isEqualTo(Integer.MIN_VALUE);
    assertThatThrownBy(() -> Conversions.floatToFloat(CastKind.EXTS, DType.FP32, DType.FP16, 1))
        .hasMessage("exts does not convert between these kinds");
  }
}
