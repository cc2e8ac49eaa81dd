package dev.kiln.runtime.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.KernelAbi.Source;
import dev.kiln.compiler.gpu.KernelAbi.TensorBox;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ptx.PtxFunction;
import dev.kiln.runtime.LaunchException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaunchParametersTest {
  private static final TensorBox BOX = new TensorBox(DType.FP16, List.of(64, 32), 64, false);

  private static TileFunction function(Type... types) {
    List<TileFunction.Param> params = new ArrayList<>();
    for (int i = 0; i < types.length; i++) {
      params.add(
          new TileFunction.Param(
              "a." + i, new Value(types[i], "a" + i), types[i].dtype(), 1, false));
    }
    List<Value> values = params.stream().map(TileFunction.Param::value).toList();
    return new TileFunction(Location.UNKNOWN, "f", params, new Block(values, List.of()));
  }

  private static LaunchParameters parameters(
      TileFunction function, List<KernelAbi.TensorMap> maps, long scratch) {
    var layout = KernelAbi.layOut(function, maps, scratch > 0);
    return new LaunchParameters("f", new KernelAbi("f", layout, 128, 1, 0, scratch));
  }

  private static MemorySegment arguments(long... values) {
    return MemorySegment.ofArray(values);
  }

  private static byte[] none(TensorMapRequest map) {
    throw new AssertionError("no map was wanted");
  }

  @Test
  void numbersLieAtMultiplesOfTheirSizeInTheirOwnWidth() {
    TileFunction function =
        function(
            Type.scalar(DType.I8),
            Type.pointer(DType.FP32),
            Type.scalar(DType.FP16),
            Type.scalar(DType.I32));
    LaunchParameters parameters = parameters(function, List.of(), 24);
    assertThat(parameters.abi().parameters())
        .extracting(KernelAbi.Parameter::offset)
        .containsExactly(0, 8, 16, 20, 24);
    assertThat(parameters.abi().parameterBytes()).isEqualTo(32);
    MemorySegment block = MemorySegment.ofArray(new byte[32]);
    parameters.write(
        arguments(-2, 0x1234_5678_9abcL, 0x3c00, -7), 0x4000, LaunchParametersTest::none, block);
    assertThat(block.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) -2);
    assertThat(block.get(ValueLayout.JAVA_BYTE, 1)).isZero();
    assertThat(block.get(ValueLayout.JAVA_LONG_UNALIGNED, 8)).isEqualTo(0x1234_5678_9abcL);
    assertThat(block.get(ValueLayout.JAVA_SHORT_UNALIGNED, 16)).isEqualTo((short) 0x3c00);
    assertThat(block.get(ValueLayout.JAVA_INT_UNALIGNED, 20)).isEqualTo(-7);
    assertThat(block.get(ValueLayout.JAVA_LONG_UNALIGNED, 24)).isEqualTo(0x4000);
    assertThat(parameters.scratchBytes(3, 2, 1)).isEqualTo(144);
  }

  @Test
  void namesAreThoseThatPtxAllowsAndDeclarationsAlignTensorMaps() {
    var layout =
        KernelAbi.layOut(
            function(Type.pointer(DType.FP16)), List.of(new KernelAbi.TensorMap(0, BOX)), false);
    assertThat(KernelAbi.declarations(layout))
        .containsExactly(
            new PtxFunction.Param("p0_a_0", "b64", 0, 8),
            new PtxFunction.Param("map_0", "b8", 128, 64));
    assertThat(layout.getLast().offset()).isEqualTo(64);
  }

  @Test
  void tensorMapsAreMadeOfWhatTheDescriptorSays() {
    Type i32 = Type.scalar(DType.I32);
    Type i64 = Type.scalar(DType.I64);
    TileFunction function = function(i32, Type.pointer(DType.FP16), i32, i32, i64, i64);
    LaunchParameters parameters = parameters(function, List.of(new KernelAbi.TensorMap(1, BOX)), 0);
    MemorySegment block = MemorySegment.ofArray(new byte[parameters.abi().parameterBytes()]);
    List<TensorMapRequest> requests = new ArrayList<>();
    parameters.write(
        arguments(9, 0x1000, 100, 48, 56, 1),
        0,
        map -> {
          requests.add(map);
          byte[] bytes = new byte[128];
          bytes[127] = 5;
          return bytes;
        },
        block);
    assertThat(requests).hasSize(1);
    TensorMapRequest request = requests.getFirst();
    assertThat(request.address()).isEqualTo(0x1000);
    assertThat(request.dimensions()).containsExactly(48, 100);
    assertThat(request.strides()).containsExactly(112);
    assertThat(request.boxDimensions()).containsExactly(32, 64);
    int offset = parameters.abi().parameters().getLast().offset();
    assertThat(offset % 64).isZero();
    assertThat(block.get(ValueLayout.JAVA_BYTE, offset + 127)).isEqualTo((byte) 5);
  }

  @Test
  void tensorMapsAreMadeOfOtherArgumentsAndNumbers() {
    Type i32 = Type.scalar(DType.I32);
    TileFunction function = function(i32, i32, Type.pointer(DType.FP16));
    var box =
        new TensorBox(
            DType.FP16,
            List.of(64, 32),
            64,
            false,
            List.of(Source.argument(0), Source.number(48), Source.argument(1), Source.number(1)));
    LaunchParameters parameters = parameters(function, List.of(new KernelAbi.TensorMap(2, box)), 0);
    MemorySegment block = MemorySegment.ofArray(new byte[parameters.abi().parameterBytes()]);
    List<TensorMapRequest> requests = new ArrayList<>();
    parameters.write(
        arguments(100, 56, 0x1000),
        0,
        map -> {
          requests.add(map);
          return new byte[128];
        },
        block);
    assertThat(requests.getFirst().address()).isEqualTo(0x1000);
    assertThat(requests.getFirst().dimensions()).containsExactly(48, 100);
    assertThat(requests.getFirst().strides()).containsExactly(112);
  }

  @Test
  void descriptorsThatNoTensorMapCanDescribeAreRefused() {
    Type i32 = Type.scalar(DType.I32);
    Type i64 = Type.scalar(DType.I64);
    TileFunction function = function(Type.pointer(DType.FP16), i32, i32, i64, i64);
    LaunchParameters parameters = parameters(function, List.of(new KernelAbi.TensorMap(0, BOX)), 0);
    MemorySegment block = MemorySegment.ofArray(new byte[parameters.abi().parameterBytes()]);
    assertThatThrownBy(
            () ->
                parameters.write(
                    arguments(0x1000, 10, 10, 10, 1), 0, LaunchParametersTest::none, block))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("multiples of 16; its strides (in bytes): 20");
    assertThatThrownBy(
            () ->
                parameters.write(
                    arguments(0x1002, 10, 10, 16, 1), 0, LaunchParametersTest::none, block))
        .hasMessageContaining("its address: 4098");
  }
}
