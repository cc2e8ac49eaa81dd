package dev.kiln.tests.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.compiler.ir.DType;
import dev.kiln.tests.kernels.ErrorRule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Numbers that libtorch computed in double precision, from the files {@code torch-*.json} beside
 * this class's resources: {@code Goldens.of("layers").get("layer-norm").output("y").check(...)}.
 *
 * <p>{@code TorchGoldens} in {@code src/jmh} writes the files, and says which function of libtorch
 * each case is.
 */
public final class Goldens {
  /** Twelve digits are stored, and sums are taken in another order. */
  private static final double FP64_TOLERANCE = 1e-11;

  private final Map<String, Case> cases = new LinkedHashMap<>();

  private Goldens(String file) {
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(resource("torch-" + file + ".json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    json.get("cases")
        .properties()
        .forEach(each -> cases.put(each.getKey(), new Case(each.getKey(), each.getValue())));
  }

  private static byte[] resource(String name) {
    try (InputStream in = Goldens.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalArgumentException("no resource is named " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param file tensors, layers, sequences, losses, optimizers or models
   */
  public static Goldens of(String file) {
    return new Goldens(file);
  }

  /** Names of all cases. */
  public Set<String> names() {
    return cases.keySet();
  }

  /** The case of that name. */
  public Case get(String name) {
    Case found = cases.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no case is named " + name + ": " + cases.keySet());
    }
    return found;
  }

  /** A function with its inputs, results, and gradients. */
  public static final class Case {
    private final String name;
    private final JsonNode json;

    private Case(String name, JsonNode json) {
      this.name = name;
      this.json = json;
    }

    /** Of the case. */
    public String name() {
      return name;
    }

    @Override
    public String toString() {
      return name;
    }

    /** Names of the inputs; among them d<i>y</i>, the gradient that comes in at a result y. */
    public Set<String> inputs() {
      return names("inputs");
    }

    /** Names of the results. */
    public Set<String> outputs() {
      return names("outputs");
    }

    /** Names of the inputs that have gradients. */
    public Set<String> gradients() {
      return names("gradients");
    }

    private Set<String> names(String group) {
      var names = new LinkedHashSet<String>();
      json.get(group).fieldNames().forEachRemaining(names::add);
      return names;
    }

    private JsonNode member(String group, String member) {
      JsonNode found = json.path(group).path(member);
      if (found.isMissingNode()) {
        throw new IllegalArgumentException(name + " has no " + member + " in its " + group);
      }
      return found;
    }

    /** Whether there is an option of that name. */
    public boolean hasOption(String option) {
      return json.get("options").has(option);
    }

    /** A number among the options, such as eps. */
    public double option(String option) {
      return member("options", option).doubleValue();
    }

    /** A whole number among the options; of a list, its first. */
    public int integer(String option) {
      JsonNode value = member("options", option);
      return (value.isArray() ? value.get(0) : value).intValue();
    }

    /** A list of whole numbers among the options. */
    public int[] integers(String option) {
      return ints(member("options", option));
    }

    /** A truth value among the options. */
    public boolean flag(String option) {
      return member("options", option).booleanValue();
    }

    /** Shape of an input. */
    public int[] shape(String input) {
      return ints(member("inputs", input).get("shape"));
    }

    /** An input of whole numbers, such as classes: row-major. */
    public int[] indices(String input) {
      return ints(member("inputs", input).get("integers"));
    }

    /** An input, row-major. */
    public float[] floats(String input) {
      JsonNode made = member("inputs", input);
      var random = new Random(made.get("seed").longValue());
      float scale = made.get("scale").floatValue();
      float offset = made.get("offset").floatValue();
      float[] values = new float[count(ints(made.get("shape")))];
      for (int i = 0; i < values.length; i++) {
        values[i] = offset + scale * (2 * random.nextFloat() - 1);
      }
      return values;
    }

    /** An input, row-major; each number is one of fp32. */
    public double[] doubles(String input) {
      float[] floats = floats(input);
      double[] values = new double[floats.length];
      Arrays.setAll(values, i -> floats[i]);
      return values;
    }

    /** A result. */
    public Expected output(String output) {
      return expected("outputs", output);
    }

    /** The gradient of an input. */
    public Expected gradient(String input) {
      return expected("gradients", input);
    }

    private Expected expected(String group, String member) {
      JsonNode found = member(group, member);
      double[] values =
          found.has("values") ? Goldens.doubles(found.get("values")) : stored(name, member);
      return new Expected(
          name + "/" + member,
          ints(found.get("shape")),
          values,
          found.path("error32").doubleValue(),
          found.path("errorAutocast16").asDouble(Double.NaN),
          found.path("errorBf16").asDouble(Double.NaN),
          found.path("norm").asDouble(Double.NaN),
          Goldens.doubles(found.path("norms")));
    }
  }

  /**
   * What libtorch computed in double precision, and how wrong it is otherwise.
   *
   * @param what names it in messages
   * @param values row-major; empty where only the norm is known
   * @param error32 largest error of libtorch in fp32
   * @param errorAutocast16 largest error of libtorch with autocast to bf16; NaN if unknown
   * @param errorBf16 largest error of libtorch with all in bf16; NaN if unknown
   * @param norm the values' norm; NaN if it is not stored
   * @param norms for each batch over which the errors in 16 bits are the largest, the norm of what
   *     libtorch computed in double precision; empty if that is this one alone
   */
  public record Expected(
      String what,
      int[] shape,
      double[] values,
      double error32,
      double errorAutocast16,
      double errorBf16,
      double norm,
      double[] norms) {
    /**
     * The error rule: an error of at most twice libtorch's in fp32; in fp64 of what summing up in
     * another order makes.
     *
     * @param dtype FP32 or FP64
     */
    public void check(DType dtype, double[] actual) {
      double largest = Arrays.stream(values).map(Math::abs).max().orElse(0);
      double stored = FP64_TOLERANCE * Math.max(1, largest);
      ErrorRule.checkBeside(
          what, dtype, actual, dtype == DType.FP64 ? stored : error32 + stored, values);
    }

    /** The error rule in fp32. */
    public void check(float[] actual) {
      double[] wide = new double[actual.length];
      Arrays.setAll(wide, i -> actual[i]);
      check(DType.FP32, wide);
    }

    /** The error rule for a model trained under autocast to bf16. */
    public void checkAutocast16(double[] actual) {
      checkAutocast16(actual, values);
    }

    /**
     * The same over all batches of {@link #norms}.
     *
     * @param exact what is right for each of them
     */
    public void checkAutocast16(double[] actual, double[] exact) {
      ErrorRule.checkBeside(what, DType.FP32, actual, errorAutocast16, exact);
    }

    /** The error rule for a model in bf16. */
    public void checkBf16(double[] actual) {
      checkBf16(actual, values);
    }

    /** The same over all batches of {@link #norms}. */
    public void checkBf16(double[] actual, double[] exact) {
      ErrorRule.checkBeside(what, DType.BF16, actual, errorBf16, exact);
    }
  }

  /** A gradient that is not in the text; empty if it is nowhere. */
  private static double[] stored(String name, String member) {
    if (!name.equals("gpt")) {
      return new double[0];
    }
    ByteBuffer file = ByteBuffer.wrap(resource("torch-gpt.safetensors"));
    file.order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[Math.toIntExact(file.getLong())];
    file.get(header);
    try {
      JsonNode tensor = new ObjectMapper().readTree(header).get(member);
      JsonNode offsets = tensor.get("data_offsets");
      int begin = Long.BYTES + header.length + offsets.get(0).intValue();
      double[] values = new double[count(ints(tensor.get("shape")))];
      Arrays.setAll(values, i -> file.getFloat(begin + i * Float.BYTES));
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int count(int... shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  private static int[] ints(JsonNode list) {
    int[] values = new int[list.size()];
    Arrays.setAll(values, i -> list.get(i).intValue());
    return values;
  }

  private static double[] doubles(JsonNode list) {
    double[] values = new double[list.size()];
    Arrays.setAll(values, i -> list.get(i).doubleValue());
    return values;
  }
}
