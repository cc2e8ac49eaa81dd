package dev.kiln.tests.benchmarks.training;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Ten training steps of models in every precision of libtorch: losses, and the gradients of the
 * first step.
 */
final class GoldenModels {
  private static final int STEPS = 10;
  private static final double CLIP = 0.5;
  private static final int LENET_BATCH = 8;
  private static final double LENET_RATE = 0.1;
  private static final int BATCHES = 5;
  private static final String AUTOCAST_ERROR = "errorAutocast16";
  private static final String BF16_ERROR = "errorBf16";
  private static final int MOST_VALUES = 200;

  /** What a run gave. */
  private record Run(double[] losses, Map<String, double[]> gradients) {}

  private final Map<String, double[]> gptGradients = new LinkedHashMap<>();

  /** Text of the file for both models. */
  String text() {
    ObjectNode json =
        GoldenFile.head(
            "Ten training steps of models in libtorch. errorAutocast16 and errorBf16 are those of"
                + " libtorch with autocast to bf16, and with all in bf16; for gradients of the GPT,"
                + " the largest over the batches of its first five steps, all with the initial"
                + " weights, whose gradients have the norms of the list. Gradients are of the"
                + " first step; those without values are in torch-gpt.safetensors, rounded from"
                + " fp64 to fp32.");
    ObjectNode cases = json.putObject("cases");
    gpt(cases.putObject("gpt"));
    leNet(cases.putObject("lenet"));
    return GoldenFile.text(json);
  }

  private void gpt(ObjectNode json) {
    GptShape shape = GptShape.TINY;
    AdamSettings settings = AdamSettings.OF_GPT;
    json.put(
        "about",
        "GPT as in nanoGPT, head tied to wte; AdamW with decay for matrices; step i on tokens[i];"
            + " losses-clipped with gradients clipped by their norm");
    json.putObject("options")
        .put("layers", shape.layers())
        .put("width", shape.width())
        .put("heads", shape.heads())
        .put("context", shape.context())
        .put("batch", shape.batch())
        .put("vocabulary", shape.vocabulary())
        .put("rate", settings.rate())
        .put("beta1", settings.beta1())
        .put("beta2", settings.beta2())
        .put("eps", settings.eps())
        .put("decay", settings.weightDecay())
        .put("clip", CLIP);
    ObjectNode inputs = json.putObject("inputs");
    inputs(inputs, shape.parameters(), name -> shape.formula(name));
    tokens(inputs.putObject("tokens"), shape, 0);
    tokens(inputs.putObject("targets"), shape, 1);
    Map<TorchPrecision, Run> runs = runs(precision -> gpt(shape, precision, settings));
    ObjectNode outputs = json.putObject("outputs");
    losses(outputs.putObject("losses"), runs);
    losses(
        outputs.putObject("losses-clipped"),
        runs(precision -> gpt(shape, precision, settings.withClip(CLIP))));
    var gradients = json.putObject("gradients");
    gradients(gradients, shape.parameters(), runs, 0);
    typicalErrors(gradients);
    gptGradients.putAll(runs.get(TorchPrecision.FP64).gradients());
  }

  /**
   * Errors of gradients in bf16 as the largest over several batches: the largest of 32 roundings of
   * one batch is a matter of chance. Who compares takes the same batches; the norms tell whether
   * their gradients are the same.
   */
  private static void typicalErrors(ObjectNode json) {
    for (int batch = 0; batch < BATCHES; batch++) {
      Map<String, double[]> exact = firstGradients(TorchPrecision.FP64, batch);
      Map<String, double[]> cast = firstGradients(TorchPrecision.AUTOCAST_BF16, batch);
      Map<String, double[]> narrow = firstGradients(TorchPrecision.BF16, batch);
      exact.forEach(
          (name, values) -> {
            ObjectNode each = (ObjectNode) json.get(name);
            raise(each, AUTOCAST_ERROR, GoldenFile.error(cast.get(name), values));
            raise(each, BF16_ERROR, GoldenFile.error(narrow.get(name), values));
            each.withArray("norms").addAll(GoldenFile.values(norm(values)));
          });
    }
  }

  private static void raise(ObjectNode json, String name, double value) {
    json.put(name, Math.max(value, json.get(name).doubleValue()));
  }

  private static Map<String, double[]> firstGradients(TorchPrecision precision, int number) {
    GptShape shape = GptShape.TINY;
    try (var _ = new PointerScope();
        var model = new TorchGpt(shape, shape.weights(), precision, AdamSettings.OF_GPT, 1)) {
      int[][] batch = shape.batch(number);
      model.backward(model.tokens(batch[0]), model.tokens(batch[1]));
      return model.gradients();
    }
  }

  private static Map<TorchPrecision, Run> runs(Function<TorchPrecision, Run> run) {
    var runs = new EnumMap<TorchPrecision, Run>(TorchPrecision.class);
    for (TorchPrecision precision : TorchPrecision.values()) {
      runs.put(precision, run.apply(precision));
    }
    return runs;
  }

  private static void inputs(
      ObjectNode json, Map<String, long[]> shapes, Function<String, Formula> formulas) {
    shapes.forEach(
        (name, shape) -> {
          Formula formula = formulas.apply(name);
          ObjectNode input = json.putObject(name);
          input.set("shape", GoldenFile.array(shape));
          input.put("seed", formula.seed()).put("scale", formula.scale());
          input.put("offset", formula.offset());
        });
  }

  private static void tokens(ObjectNode json, GptShape shape, int which) {
    json.set("shape", GoldenFile.array(STEPS, shape.batch(), shape.context()));
    ArrayNode integers = json.putArray("integers");
    for (int step = 0; step < STEPS; step++) {
      for (int token : shape.batch(step)[which]) {
        integers.add(token);
      }
    }
  }

  private static Run gpt(GptShape shape, TorchPrecision precision, AdamSettings settings) {
    double[] losses = new double[STEPS];
    Map<String, double[]> gradients = Map.of();
    try (var _ = new PointerScope();
        var model = new TorchGpt(shape, shape.weights(), precision, settings, 1)) {
      for (int step = 0; step < STEPS; step++) {
        int[][] batch = shape.batch(step);
        losses[step] = model.backward(model.tokens(batch[0]), model.tokens(batch[1]));
        if (step == 0) {
          gradients = model.gradients();
        }
        model.update();
      }
    }
    return new Run(losses, gradients);
  }

  private void leNet(ObjectNode json) {
    json.put(
        "about",
        "LeNet, mean cross-entropy, momentum 0.9, ten steps on one batch; gradients of more than "
            + MOST_VALUES
            + " elements are told by their norms alone");
    json.putObject("options").put("rate", LENET_RATE).put("momentum", 0.9);
    ObjectNode inputs = json.putObject("inputs");
    inputs(inputs, TorchLeNet.parameters(), TorchLeNet::formula);
    var pixels = new Formula(1, 0.5f, 0.5f);
    inputs(inputs, Map.of("images", new long[] {LENET_BATCH, 1, 28, 28}), _ -> pixels);
    int[] classes = new Random(2).ints(LENET_BATCH, 0, 10).toArray();
    ObjectNode labels = inputs.putObject("labels");
    labels.set("shape", GoldenFile.array(LENET_BATCH));
    ArrayNode integers = labels.putArray("integers");
    for (int label : classes) {
      integers.add(label);
    }
    float[] images = pixels.values(LENET_BATCH * TorchLeNet.PIXELS);
    Map<TorchPrecision, Run> runs = runs(precision -> leNet(precision, images, classes));
    losses(json.putObject("outputs").putObject("losses"), runs);
    gradients(json.putObject("gradients"), TorchLeNet.parameters(), runs, MOST_VALUES);
  }

  private static Run leNet(TorchPrecision precision, float[] pixels, int[] classes) {
    double[] losses = new double[STEPS];
    Map<String, double[]> gradients = Map.of();
    try (var _ = new PointerScope();
        var model = TorchLeNet.momentum(TorchLeNet.weights(), precision, LENET_RATE)) {
      Tensor images = model.images(pixels);
      Tensor targets = model.labels(classes);
      for (int step = 0; step < STEPS; step++) {
        losses[step] = model.step(images, targets);
        gradients = step == 0 ? model.gradients() : gradients;
      }
    }
    return new Run(losses, gradients);
  }

  private static void losses(ObjectNode json, Map<TorchPrecision, Run> runs) {
    double[] exact = runs.get(TorchPrecision.FP64).losses();
    json.set("shape", GoldenFile.array(STEPS));
    errors(json, exact, precision -> runs.get(precision).losses());
    json.set("values", GoldenFile.values(exact));
  }

  /**
   * @param most elements of a gradient that is stored as text
   */
  private static void gradients(
      ObjectNode json, Map<String, long[]> shapes, Map<TorchPrecision, Run> runs, int most) {
    runs.get(TorchPrecision.FP64)
        .gradients()
        .forEach(
            (name, values) -> {
              ObjectNode each = json.putObject(name);
              each.set("shape", GoldenFile.array(shapes.get(name)));
              errors(each, values, precision -> runs.get(precision).gradients().get(name));
              each.put("norm", norm(values));
              if (values.length <= most) {
                each.set("values", GoldenFile.values(values));
              }
            });
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  private static void errors(
      ObjectNode json, double[] exact, Function<TorchPrecision, double[]> results) {
    json.put("error32", GoldenFile.error(results.apply(TorchPrecision.FP32), exact));
    json.put(AUTOCAST_ERROR, GoldenFile.error(results.apply(TorchPrecision.AUTOCAST_BF16), exact));
    json.put(BF16_ERROR, GoldenFile.error(results.apply(TorchPrecision.BF16), exact));
  }

  /** The GPT's gradients as safetensors, once the text has been made. */
  byte[] safetensors() {
    Map<String, long[]> shapes = GptShape.TINY.parameters();
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    var data = new ByteArrayOutputStream();
    gptGradients.forEach(
        (name, values) -> {
          ByteBuffer floats = ByteBuffer.allocate(values.length * Float.BYTES);
          floats.order(ByteOrder.LITTLE_ENDIAN);
          for (double value : values) {
            floats.putFloat((float) value);
          }
          ObjectNode each = header.putObject(name).put("dtype", "F32");
          each.set("shape", GoldenFile.array(shapes.get(name)));
          long begin = data.size();
          data.writeBytes(floats.array());
          each.set("data_offsets", GoldenFile.array(begin, data.size()));
        });
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(Long.BYTES + text.length + data.size());
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text).put(data.toByteArray());
    return file.array();
  }
}
