package dev.kiln.ops.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.tensor.Context;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsTest {
  @TempDir Path folder;
  private final Context context = new Context(Devices.cpu(), 1);
  private final Linear layer = new Linear(context, 2, 3);

  @AfterEach
  void close() {
    layer.close();
    context.close();
  }

  private float[] weight() {
    return layer.parameters().get("weight").toFloats();
  }

  @Test
  void weightsGoToAFileAndBack() {
    Path file = folder.resolve("w.safetensors");
    float[] before = weight();
    Weights.save(file, layer, Map.of("note", "a"));
    try (var other = new Linear(context, 2, 3)) {
      Weights.load(file, other);
      assertThat(other.parameters().get("weight").toFloats()).isEqualTo(before);
    }
    try (var opened = SafetensorsFile.open(file)) {
      assertThat(opened.metadata()).containsEntry("note", "a");
      assertThat(opened.shape("weight")).containsExactly(3, 2);
    }
  }

  @Test
  void publishedWeightsComeUnderOtherNamesTransposedAndInOtherDtypes() {
    Path file = folder.resolve("published.safetensors");
    var device = context.device();
    Safetensors.write(
        file,
        Map.of(
            "model.dense.kernel",
            NdArray.of(device, DType.BF16, new double[] {1, 2, 3, 4, 5, 6}, 2, 3),
            "model.dense.bias",
            NdArray.of(device, new float[] {7, 8, 9}),
            "model.step",
            NdArray.of(device, new long[] {1})),
        Map.of());
    NameMap names =
        NameMap.SAME
            .rename("^model\\.(dense\\.)?", "")
            .ignore("step")
            .rename("kernel", "weight")
            .transpose("weight");
    Weights.load(file, layer, names);
    assertThat(weight()).containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void weightsOfAnotherModelAreRefusedAndChangeNothing() {
    Path file = folder.resolve("w.safetensors");
    float[] before = weight();
    try (var other = new Linear(context, 4, 3)) {
      Weights.save(file, other, Map.of());
    }
    assertThatThrownBy(() -> Weights.load(file, layer))
        .hasMessageContaining("w.safetensors: load: weight must have the shape [3, 2]");
    Safetensors.write(file, Map.of("w", NdArray.of(context.device(), new float[] {1})), Map.of());
    assertThatThrownBy(() -> Weights.load(file, layer))
        .hasMessageContaining("missing [weight, bias], unknown [w]");
    assertThat(weight()).isEqualTo(before);
  }
}
