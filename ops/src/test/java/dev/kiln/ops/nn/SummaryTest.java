package dev.kiln.ops.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.tensor.Context;
import dev.kiln.runtime.Devices;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SummaryTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
  }

  private Sequential threeByThree(int count) {
    var model = new Sequential(context);
    for (int i = 0; i < count; i++) {
      model.add(new Conv2d(context, 1, 1, 3));
    }
    return model;
  }

  @Test
  void receptiveFieldsOfStackedConvolutions() {
    assertThat(Summary.of(threeByThree(2), 1, 1, 9, 9).row("1").receptiveField())
        .containsExactly(5L, 5L);
    assertThat(Summary.of(threeByThree(3), 1, 1, 9, 9).row("2").receptiveField())
        .containsExactly(7L, 7L);
  }

  @Test
  void branchesCountByTheWidest() {
    var block = new Conv2d(context, 1, 1, ConvOptions.kernel(5).withPadding(2));
    var model =
        new Sequential(context, new Residual(context, block), ActivationLayer.relu(context));
    Summary summary = Summary.of(model, 1, 1, 8, 8);
    assertThat(summary.row("1").receptiveField()).containsExactly(5L, 5L);
    assertThat(summary.row("0").work()).isEqualTo(Work.flops(64));
  }

  @Test
  void stridesAndGrowthScaleFields() {
    var two = ConvOptions.kernel(2).withStride(2);
    var model =
        new Sequential(
            context,
            new Conv1d(context, 1, 1, two),
            new ConvTranspose1d(context, 1, 1, two),
            new Conv1d(context, 1, 1, ConvOptions.kernel(3).withDilation(2)));
    Summary summary = Summary.of(model, 1, 1, 16);
    assertThat(summary.row("0").receptiveField()).containsExactly(2L);
    assertThat(summary.row("1").receptiveField()).containsExactly(2L);
    assertThat(summary.row("2").receptiveField()).containsExactly(6L);
  }

  @Test
  void workOfLayers() {
    var model =
        new Sequential(
            context,
            new Conv2d(context, 2, 4, ConvOptions.kernel(3).withGroups(2)),
            new BatchNorm(context, 4, Activation.NONE),
            new AveragePool(context, 2, 2),
            new Flatten(context),
            new Linear(context, 16, 3),
            new Dropout(context, 0.5));
    Summary summary = Summary.of(model, 2, 2, 6, 6);
    long convolution = 2 * 4 * 16 * 9;
    assertThat(summary.row("0").work()).isEqualTo(new Work(convolution, 2 * convolution));
    assertThat(summary.row("1").work()).isEqualTo(Work.flops(2 * 4 * 16 * 7));
    assertThat(summary.row("2").work()).isEqualTo(Work.flops(2 * 16 * 4));
    assertThat(summary.row("3").work()).isEqualTo(Work.NONE);
    assertThat(summary.row("4").work()).isEqualTo(Work.macs(2 * 16 * 3));
    assertThat(summary.row("5").work()).isEqualTo(Work.NONE);
    assertThat(summary.work().macs()).isEqualTo(convolution + 96);
    // Flatten and dropout give what they are given, or a view of it.
    assertThat(summary.row("0").activations()).isEqualTo(128);
    assertThat(summary.row("5").activations()).isZero();
  }

  @Test
  void halfPrecisionChangesBytesAndNoWork() {
    var model = new Sequential(context, new Linear(context, 8, 4));
    Summary wide = Summary.of(model, 3, 8);
    model.to(DType.FP16);
    Summary half = Summary.of(model, 3, 8);
    assertThat(half.work()).isEqualTo(wide.work());
    assertThat(wide.activationBytes()).isEqualTo(48);
    assertThat(half.activationBytes()).isEqualTo(24);
  }

  @Test
  void nothingChangesInTheModel() {
    var model = new Sequential(context, new BatchNorm(context, 2), new Dropout(context, 0.5));
    model.layers().getFirst().evaluate();
    long offset = context.random().offset();
    Summary.of(model, 4, 2);
    assertThat(model.isTraining()).isTrue();
    assertThat(model.layers().getFirst().isTraining()).isFalse();
    assertThat(model.layers().getLast().isTraining()).isTrue();
    assertThat(model.buffers().get("0.running_mean").toFloats()).containsOnly(0);
    assertThat(model.buffers().get("0.num_batches_tracked").toLongs()).containsExactly(0);
    assertThat(context.random().offset()).isEqualTo(offset);
    assertThat(context.leaks()).isEmpty();
  }

  @Test
  void frozenAndSharedParametersAndRepeatedLayers() {
    var table = new Embedding(context, 10, 4);
    var middle = new Linear(context, 4, 4);
    var model = new Sequential(context, table, middle, Linear.sharing(table.weight()));
    middle.freeze();
    Summary summary = Summary.of(model, DType.I64, 2, 3);
    assertThat(summary.trainable()).isEqualTo(40);
    assertThat(summary.frozen()).isEqualTo(20);
    assertThat(summary.row("2").work()).isEqualTo(Work.macs(6 * 4 * 10));
    Summary twice =
        Summary.of(middle, () -> middle.apply(middle.apply(context.zeros(DType.FP32, 5, 4))));
    assertThat(twice.rows()).hasSize(1);
    assertThat(twice.row("").calls()).isEqualTo(2);
    assertThat(twice.work()).isEqualTo(Work.macs(2 * 5 * 16));
  }

  @Test
  void tableForPeople() {
    var model = new Sequential(context, new Conv2d(context, 1, 2, 3), new Flatten(context));
    List<String> lines = Summary.of(model, 1, 1, 4, 4).table().lines().toList();
    assertThat(lines.stream().map(line -> line.replaceAll(" {2,}", "|")))
        .containsExactly(
            "Sequential",
            "name|layer|input|output|parameters|frozen|activations|MACs|FLOPs|field",
            "0|Conv2d(1 -> 2, kernel [3, 3])|1x1x4x4|1x2x2x2|20|8|72|144|3x3",
            "1|Flatten|1x2x2x2|1x8",
            "total|20|8|72|144",
            "32 bytes of activations");
    assertThat(lines.get(2).indexOf("20")).isEqualTo(lines.get(4).indexOf("20"));
    assertThat(lines.get(1).indexOf("parameters") + 10).isEqualTo(lines.get(2).indexOf("20") + 2);
  }
}
