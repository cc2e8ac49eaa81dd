package dev.kiln.ops.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.checkpoint.Weights;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlocksTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
  }

  @Test
  void namesAndShapesAreTorchvisions() {
    var block = new MbConv(context, 8, 8, MbConv.Options.DEFAULT);
    Map<String, Tensor> state = block.state();
    assertThat(state.get("block.0.0.weight").shape()).containsExactly(32, 8, 1, 1);
    assertThat(state.get("block.1.0.weight").shape()).containsExactly(32, 1, 3, 3);
    assertThat(state.get("block.2.fc1.weight").shape()).containsExactly(2, 32, 1, 1);
    assertThat(state.get("block.2.fc2.bias").shape()).containsExactly(32);
    assertThat(state.get("block.3.1.running_var").shape()).containsExactly(8);
    assertThat(state).doesNotContainKeys("block.0.0.bias", "block.3.0.bias");
    var bottleneck = new Bottleneck(context, 8, 4, 2);
    assertThat(bottleneck.state().get("conv2.weight").shape()).containsExactly(4, 4, 3, 3);
    assertThat(bottleneck.state().get("downsample.0.weight").shape()).containsExactly(16, 8, 1, 1);
    assertThat(new Bottleneck(context, 16, 4, 1).state()).doesNotContainKey("downsample.0.weight");
  }

  @Test
  void savedStatisticsAndWeightsGiveTheSameResults(@TempDir Path folder) {
    var first = new MbConv(context, 4, 4, MbConv.Options.DEFAULT);
    var second = new MbConv(context, 4, 4, MbConv.Options.DEFAULT);
    Tensor x = Initialization.normal(0, 1).make(context, 2, 4, 5, 5);
    first.apply(x);
    first.evaluate();
    second.evaluate();
    float[] expected = first.apply(x).toFloats();
    assertThat(second.apply(x).toFloats()).isNotEqualTo(expected);
    Weights.save(folder.resolve("block.safetensors"), first, Map.of());
    Weights.load(folder.resolve("block.safetensors"), second);
    assertThat(second.apply(x).toFloats()).isEqualTo(expected);
    assertThat(second.buffers().get("block.0.1.num_batches_tracked").toLongs()).containsExactly(1);
  }

  @Test
  void stochasticDepthDropsBranchesOfWholeSamplesInTrainingAlone() {
    var drop = AxesDropout.ofSamples(context, 0.5);
    float[] values = drop.apply(context.ones(DType.FP32, 32, 3)).toFloats();
    int dropped = 0;
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).isEqualTo(values[i / 3 * 3]).isIn(0f, 2f);
      dropped += values[i] == 0 ? 1 : 0;
    }
    assertThat(dropped).isBetween(3 * 4, 3 * 28);
    drop.evaluate();
    assertThat(drop.apply(context.ones(DType.FP32, 4, 3)).toFloats()).containsOnly(1);
  }

  @Test
  void excitationIsBetweenZeroAndOne() {
    var layer = new SqueezeExcitation(context, 4, 2);
    float[] y = layer.apply(context.ones(DType.FP32, 1, 4, 2, 2)).toFloats();
    for (int i = 0; i < y.length; i++) {
      assertThat(y[i]).isEqualTo(y[i / 4 * 4]).isBetween(0f, 1f);
    }
  }
}
