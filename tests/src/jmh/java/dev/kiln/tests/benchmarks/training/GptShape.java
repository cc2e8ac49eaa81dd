package dev.kiln.tests.benchmarks.training;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Sizes of a GPT and of a batch for it.
 *
 * @param layers blocks
 * @param width of the residual stream
 * @param heads of attention; divides the width
 * @param context tokens of an example
 * @param batch examples of a step
 * @param vocabulary how many tokens there are
 */
public record GptShape(int layers, int width, int heads, int context, int batch, int vocabulary) {
  private static final float WEIGHT_SCALE = 0.1f;
  private static final float BIAS_SCALE = 0.05f;

  /** The one whose speed is compared. */
  public static final GptShape MEASURED = new GptShape(4, 256, 4, 256, 8, 4096);

  /** The one whose losses and gradients are compared. */
  public static final GptShape TINY = new GptShape(2, 32, 2, 16, 4, 61);

  public GptShape withHeads(int count) {
    return new GptShape(layers, width, count, context, batch, vocabulary);
  }

  /** Of a step. */
  public int tokens() {
    return batch * context;
  }

  /**
   * Shapes of all parameters by their names in nanoGPT, in the order of its {@code
   * named_parameters()}; weights of linear layers are [out, in].
   */
  public Map<String, long[]> parameters() {
    var shapes = new LinkedHashMap<String, long[]>();
    shapes.put("wte.weight", new long[] {vocabulary, width});
    shapes.put("wpe.weight", new long[] {context, width});
    for (int layer = 0; layer < layers; layer++) {
      String block = "h." + layer + ".";
      norm(shapes, block + "ln_1");
      linear(shapes, block + "attn.c_attn", 3 * width, width);
      linear(shapes, block + "attn.c_proj", width, width);
      norm(shapes, block + "ln_2");
      linear(shapes, block + "mlp.c_fc", 4 * width, width);
      linear(shapes, block + "mlp.c_proj", width, 4 * width);
    }
    norm(shapes, "ln_f");
    return shapes;
  }

  private void norm(Map<String, long[]> shapes, String name) {
    shapes.put(name + ".weight", new long[] {width});
    shapes.put(name + ".bias", new long[] {width});
  }

  private static void linear(Map<String, long[]> shapes, String name, int out, int in) {
    shapes.put(name + ".weight", new long[] {out, in});
    shapes.put(name + ".bias", new long[] {out});
  }

  /** Initial values of every parameter. */
  public Map<String, float[]> weights() {
    var weights = new LinkedHashMap<String, float[]>();
    parameters()
        .forEach((name, shape) -> weights.put(name, formula(name).values(Formula.count(shape))));
    return weights;
  }

  /**
   * What makes a parameter's initial values: matrices are scaled by 0.1, norms' weights are 1 +
   * 0.05 u, biases 0.05 u; the seed is the hash code of the name.
   */
  Formula formula(String name) {
    boolean matrix = parameters().get(name).length > 1;
    boolean norm = !matrix && name.endsWith(".weight");
    return new Formula(name.hashCode(), matrix ? WEIGHT_SCALE : BIAS_SCALE, norm ? 1 : 0);
  }

  /**
   * Tokens of step {@code step}: first the inputs, then the targets, which are the inputs one token
   * on; drawn by {@code new Random(step).nextInt(vocabulary)}.
   */
  public int[][] batch(int step) {
    var random = new Random(step);
    int[][] batch = new int[2][tokens()];
    for (int example = 0; example < this.batch; example++) {
      int token = random.nextInt(vocabulary);
      for (int i = example * context; i < (example + 1) * context; i++) {
        batch[0][i] = token;
        token = random.nextInt(vocabulary);
        batch[1][i] = token;
      }
    }
    return batch;
  }
}
