package dev.kiln.tests.benchmarks.training;

import dev.kiln.references.torch.Aten;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;

/** Losses; each is the mean unless its name says otherwise. */
final class GoldenLosses {
  private static final int MEAN = 1;
  private static final int SUM = 2;
  private static final int IGNORED = -100;
  private static final long[] CLASSES = {2, 0, 4, 1};
  private static final long[] SOME_CLASSES = {2, IGNORED, 4, IGNORED};
  private static final double TEMPERATURE = 3;

  private GoldenLosses() {}

  static List<GoldenCase> all() {
    var cases = new ArrayList<GoldenCase>();
    cases.add(crossEntropy("cross-entropy", CLASSES, 0, MEAN));
    cases.add(crossEntropy("cross-entropy-sum", CLASSES, 0, SUM));
    cases.add(crossEntropy("cross-entropy-smoothed", CLASSES, 0.1, MEAN));
    cases.add(crossEntropy("cross-entropy-ignoring", SOME_CLASSES, 0, MEAN));
    cases.add(crossEntropy("cross-entropy-ignoring-smoothed", SOME_CLASSES, 0.1, MEAN));
    cases.add(
        new GoldenCase("binary-cross-entropy-with-logits")
            .scaled("x", 3, 0, 3, 4)
            .constant("target", 0.5, 0.5, 3, 4)
            .gives(
                in ->
                    Aten.call(
                        "binary_cross_entropy_with_logits",
                        in.get("x"),
                        in.get("target"),
                        null,
                        null,
                        MEAN)));
    cases.add(
        new GoldenCase("binary-cross-entropy-weighted")
            .about("with weights of the positive class per column")
            .scaled("x", 3, 0, 3, 4)
            .constant("target", 0.5, 0.5, 3, 4)
            .constant("positiveWeight", 0.5, 1.5, 4)
            .gives(
                in ->
                    Aten.call(
                        "binary_cross_entropy_with_logits",
                        in.get("x"),
                        in.get("target"),
                        null,
                        in.get("positiveWeight"),
                        MEAN)));
    differences(cases);
    divergences(cases);
    margins(cases);
    return cases;
  }

  private static GoldenCase crossEntropy(
      String name, long[] classes, double smoothing, int reduction) {
    return new GoldenCase(name)
        .scaled("x", 3, 0, 4, 5)
        .integers("target", new long[] {4}, classes)
        .option("labelSmoothing", smoothing)
        .option("ignoredIndex", IGNORED)
        .gives(
            in ->
                Aten.call(
                    "cross_entropy_loss",
                    in.get("x"),
                    in.get("target"),
                    null,
                    reduction,
                    IGNORED,
                    smoothing));
  }

  private static void differences(List<GoldenCase> cases) {
    cases.add(pair("mse").gives(in -> Aten.call("mse_loss", in.get("x"), in.get("target"), MEAN)));
    cases.add(pair("l1").gives(in -> Aten.call("l1_loss", in.get("x"), in.get("target"), MEAN)));
    cases.add(
        pair("huber")
            .option("delta", 0.7)
            .gives(in -> Aten.call("huber_loss", in.get("x"), in.get("target"), MEAN, 0.7)));
    cases.add(
        pair("smooth-l1")
            .option("beta", 0.7)
            .gives(in -> Aten.call("smooth_l1_loss", in.get("x"), in.get("target"), MEAN, 0.7)));
  }

  private static GoldenCase pair(String name) {
    return new GoldenCase(name).scaled("x", 2, 0, 3, 4).scaled("target", 2, 0, 3, 4);
  }

  private static void divergences(List<GoldenCase> cases) {
    cases.add(
        new GoldenCase("kl")
            .about("KL(softmax(target) | softmax(x)), summed over classes, mean over rows")
            .scaled("x", 2, 0, 3, 4)
            .constant("target", 2, 0, 3, 4)
            .gives(
                in ->
                    Aten.call(
                            "kl_div",
                            Aten.call("log_softmax.int", in.get("x"), -1, null),
                            Aten.call("softmax.int", in.get("target"), -1, null),
                            SUM,
                            false)
                        .div(new Scalar(3.0))));
    cases.add(
        new GoldenCase("distillation")
            .about(
                "T^2 KL(softmax(teacher / T) | softmax(x / T)), summed over classes, mean over"
                    + " rows")
            .scaled("x", 3, 0, 3, 4)
            .constant("teacher", 3, 0, 3, 4)
            .option("temperature", TEMPERATURE)
            .gives(
                in -> {
                  var temperature = new Scalar(TEMPERATURE);
                  var factor = new Scalar(TEMPERATURE * TEMPERATURE / 3);
                  return Aten.call(
                          "kl_div",
                          Aten.call("log_softmax.int", in.get("x").div(temperature), -1, null),
                          Aten.call("softmax.int", in.get("teacher").div(temperature), -1, null),
                          SUM,
                          false)
                      .mul(factor);
                }));
  }

  private static void margins(List<GoldenCase> cases) {
    cases.add(
        new GoldenCase("hinge")
            .about("mean over rows and other classes of max(0, margin - x[target] + x[class])")
            .scaled("x", 2, 0, 4, 5)
            .integers("target", new long[] {4}, CLASSES)
            .option("margin", 1.0)
            .gives(
                in ->
                    Aten.call(
                        "multi_margin_loss", in.get("x"), in.get("target"), 1.0, 1.0, null, MEAN)));
    cases.add(
        new GoldenCase("soft-margin")
            .about("log(1 + exp(-target x)); targets 1 and -1")
            .scaled("x", 2, 0, 2, 3)
            .integers("target", new long[] {2, 3}, 1, -1, -1, 1, 1, -1)
            .gives(
                in ->
                    Aten.call(
                        "soft_margin_loss",
                        in.get("x"),
                        in.get("target").to(in.get("x").scalar_type()),
                        MEAN)));
    cases.add(
        new GoldenCase("triplet")
            .about("distances are |a - b + 1e-6|, as in PyTorch")
            .input("anchor", 4, 3)
            .input("positive", 4, 3)
            .input("negative", 4, 3)
            .option("margin", 0.5)
            .gives(
                in ->
                    Aten.call(
                        "triplet_margin_loss",
                        in.get("anchor"),
                        in.get("positive"),
                        in.get("negative"),
                        0.5,
                        2.0,
                        1e-6,
                        false,
                        MEAN)));
    cases.add(
        new GoldenCase("info-nce")
            .about("cross-entropy of a b' / temperature, the row's own column being its class")
            .input("a", 4, 3)
            .input("b", 4, 3)
            .option("temperature", 0.5)
            .integers("own", new long[] {4}, 0, 1, 2, 3)
            .gives(
                in ->
                    Aten.call(
                        "cross_entropy_loss",
                        in.get("a").matmul(in.get("b").t()).div(new Scalar(0.5)),
                        in.get("own"),
                        null,
                        MEAN,
                        IGNORED,
                        0.0)));
  }
}
