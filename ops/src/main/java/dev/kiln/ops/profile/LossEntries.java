package dev.kiln.ops.profile;

import static dev.kiln.ops.profile.Definitions.each;
import static dev.kiln.ops.profile.Definitions.integers;
import static dev.kiln.ops.profile.Definitions.row;
import static dev.kiln.ops.profile.Definitions.rows;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.Distillation;
import dev.kiln.kernels.loss.ElementwiseLoss;
import dev.kiln.kernels.loss.LinearCrossEntropy;
import dev.kiln.kernels.loss.LossFunction;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.kernels.reference.CrossEntropyReference;
import dev.kiln.kernels.reference.DistillationReference;
import dev.kiln.kernels.reference.ElementwiseLossReference;
import dev.kiln.kernels.reference.LinearCrossEntropyReference;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.List;
import java.util.Map;

/** Losses with their gradients. */
final class LossEntries {
  private static final String[] LOGITS = {"rows", "classes"};
  private static final Distillation.Options SOFT = new Distillation.Options(2, 0.5);

  private LossEntries() {}

  static List<Entry> all() {
    return List.of(
        crossEntropy(),
        linearCrossEntropy(),
        distillation(),
        elementwise("mse-loss", LossFunction.MSE),
        elementwise("huber-loss", LossFunction.huber(1)),
        elementwise("bce-loss", LossFunction.BCE_WITH_LOGITS));
  }

  private static Entry ofLogits(String name, String about) {
    return Entry.of(name, Family.LOSSES, about, LOGITS)
        .shapes("7x33", "1024x1000", "512x32000")
        .flops(s -> 7.0 * s.product(LOGITS));
  }

  private static Entry crossEntropy() {
    return ofLogits("cross-entropy", "losses of rows and the gradient of the logits, in one launch")
        .reads("logits", LOGITS)
        .reads(DType.I32, Fill.below("classes"), "targets", "rows")
        .writesStatistics("losses", "rows")
        .writes("grads", LOGITS)
        .runs(
            (device, a) -> {
              var gradient = LossGradient.into(a.apply("grads"));
              return Call.of(
                  new CrossEntropy(device),
                  k ->
                      k.run(
                          a.apply("logits"),
                          a.apply("targets"),
                          CrossEntropy.Options.DEFAULT,
                          a.apply("losses"),
                          null,
                          gradient));
            })
        .means(
            (r, in) -> {
              int classes = in.size("classes");
              int[] targets = integers(in.values("targets"));
              double[] x = in.values("logits");
              return Map.of(
                  "losses",
                  each(
                      targets.length,
                      i -> CrossEntropyReference.loss(r, row(x, classes, i), targets[i], 0)),
                  "grads",
                  rows(
                      targets.length,
                      i ->
                          CrossEntropyReference.gradient(r, row(x, classes, i), targets[i], 0, 1)));
            });
  }

  private static Entry linearCrossEntropy() {
    return Entry.of(
            "linear-cross-entropy",
            Family.LOSSES,
            "the loss of a linear layer and all gradients, without the logits in memory",
            "rows",
            "classes",
            "features")
        .shapes("7x33x20", "256x1000x128", "512x8192x256")
        .productFlops(s -> 6.0 * s.product("rows", "classes", "features"))
        .reads("x", "rows", "features")
        .reads("w", "classes", "features")
        .reads("bias", "classes")
        .reads(DType.I32, Fill.below("classes"), "targets", "rows")
        .writesStatistics("losses", "rows")
        .writes("dx", "rows", "features")
        .writes("dw", "classes", "features")
        .writes("dbias", "classes")
        .runs(
            (device, a) -> {
              var gradients =
                  new LinearCrossEntropy.Gradients(
                      a.apply("dx"), a.apply("dw"), a.apply("dbias"), LossGradient.NONE);
              return Call.of(
                  new LinearCrossEntropy(device),
                  k ->
                      k.run(
                          a.apply("x"),
                          a.apply("w"),
                          a.apply("bias"),
                          a.apply("targets"),
                          CrossEntropy.Options.DEFAULT,
                          a.apply("losses"),
                          null,
                          gradients));
            })
        .means(
            (r, in) -> {
              var reference =
                  LinearCrossEntropyReference.of(
                      r,
                      in.values("x"),
                      in.values("w"),
                      in.values("bias"),
                      integers(in.values("targets")),
                      0,
                      1);
              return Map.of(
                  "losses", reference.losses(),
                  "dx", reference.dx(),
                  "dw", reference.dw(),
                  "dbias", reference.dbias());
            });
  }

  private static Entry distillation() {
    return ofLogits("distillation", "soft and hard losses with the gradient of the student")
        .shapes("7x33", "1024x1000", "256x32000")
        .reads("student", LOGITS)
        .reads("teacher", LOGITS)
        .reads(DType.I32, Fill.below("classes"), "targets", "rows")
        .writesStatistics("losses", "rows")
        .writes("grads", LOGITS)
        .runs(
            (device, a) -> {
              var gradient = LossGradient.into(a.apply("grads"));
              return Call.of(
                  new Distillation(device),
                  k ->
                      k.run(
                          a.apply("student"),
                          a.apply("teacher"),
                          a.apply("targets"),
                          SOFT,
                          a.apply("losses"),
                          null,
                          gradient));
            })
        .means(
            (r, in) -> {
              int classes = in.size("classes");
              int[] targets = integers(in.values("targets"));
              double[] x = in.values("student");
              double[] t = in.values("teacher");
              return Map.of(
                  "losses",
                  each(
                      targets.length,
                      i ->
                          DistillationReference.loss(
                              r,
                              row(x, classes, i),
                              row(t, classes, i),
                              targets[i],
                              SOFT.temperature(),
                              SOFT.softPart())),
                  "grads",
                  rows(
                      targets.length,
                      i ->
                          DistillationReference.gradient(
                              r,
                              row(x, classes, i),
                              row(t, classes, i),
                              targets[i],
                              SOFT.temperature(),
                              SOFT.softPart())));
            });
  }

  private static Entry elementwise(String name, LossFunction function) {
    return Entry.of(name, Family.LOSSES, "losses of numbers with their gradient", "count")
        .shapes("999", "1048576", "8388608")
        .flops(s -> 5.0 * s.of("count"))
        .reads("x", "count")
        .reads(null, Fill.UNIFORM, "y", "count")
        .writesStatistics("losses", "count")
        .writes("grads", "count")
        .runs(
            (device, a) -> {
              var gradient = LossGradient.into(a.apply("grads"));
              return Call.of(
                  new ElementwiseLoss(device),
                  k ->
                      k.run(
                          function,
                          a.apply("x"),
                          a.apply("y"),
                          Reduction.NONE,
                          a.apply("losses"),
                          gradient));
            })
        .means(
            (r, in) -> {
              double[] x = in.values("x");
              double[] y = in.values("y");
              double c = 1; // weight of the positive term
              return Map.of(
                  "losses",
                  each(x.length, i -> ElementwiseLossReference.loss(r, function, x[i], y[i], c)),
                  "grads",
                  each(x.length, i -> ElementwiseLossReference.slope(r, function, x[i], y[i], c)));
            });
  }
}
