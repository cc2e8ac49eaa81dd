package dev.kiln.tests.benchmarks.training;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A file of numbers that libtorch computed: JSON with one line for each tensor. */
final class GoldenFile {
  static final String FORMULA =
      "Inputs with a seed are offset + scale * (2 * u - 1) in fp32 arithmetic, u from new"
          + " java.util.Random(seed).nextFloat(), in row-major order. Values are libtorch's in fp64"
          + " for these inputs, rounded to 12 digits; error32 is the largest error of libtorch in"
          + " fp32. Gradients are of the sum over all outputs y of y * dy.";

  private static final int DIGITS = 12;
  private static final int DIGITS_OF_ERRORS = 3;

  private GoldenFile() {}

  static ArrayNode array(long... values) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (long value : values) {
      array.add(value);
    }
    return array;
  }

  /** Rounded to 12 digits. */
  static ArrayNode values(double... values) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (double value : values) {
      array.add(rounded(value, DIGITS));
    }
    return array;
  }

  private static double rounded(double value, int digits) {
    return new BigDecimal(value).round(new MathContext(digits)).doubleValue();
  }

  static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }

  /** The largest error, to three digits. */
  static double error(double[] plain, double[] exact) {
    double largest = 0;
    for (int i = 0; i < exact.length; i++) {
      largest = Math.max(largest, Math.abs(plain[i] - exact[i]));
    }
    return rounded(largest, DIGITS_OF_ERRORS);
  }

  /** Text of a file. */
  static String text(String about, List<GoldenCase> cases) {
    ObjectNode json = head(about);
    ObjectNode all = json.putObject("cases");
    cases.forEach(each -> all.set(each.name(), each.json()));
    return text(json);
  }

  static ObjectNode head(String about) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    return json.put("about", about).put("formula", FORMULA);
  }

  /** One member a line for the outer four levels. */
  static String text(ObjectNode json) {
    var text = new StringBuilder();
    write(json, 0, text);
    return text.append('\n').toString();
  }

  private static final int LEVELS = 3;

  private static void write(ObjectNode json, int level, StringBuilder text) {
    text.append('{');
    String between = "";
    for (var member : json.properties()) {
      text.append(between).append('\n').repeat("  ", level + 1);
      text.append('"').append(member.getKey()).append("\": ");
      if (member.getValue() instanceof ObjectNode inner && !inner.isEmpty() && level < LEVELS) {
        write(inner, level + 1, text);
      } else {
        text.append(member.getValue());
      }
      between = ",";
    }
    text.append('\n').repeat("  ", level).append('}');
  }
}
