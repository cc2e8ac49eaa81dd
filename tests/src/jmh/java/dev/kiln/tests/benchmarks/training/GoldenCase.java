package dev.kiln.tests.benchmarks.training;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.references.torch.Torch;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A function of libtorch with inputs that a formula makes: its results, and the gradients of the
 * sum over all results of their product with an input {@code d<result>} of the result's shape.
 */
final class GoldenCase {
  /** Arguments of a case in some precision. */
  record Arguments(Map<String, Tensor> tensors) {
    Tensor get(String name) {
      return tensors.get(name);
    }

    Tensor[] all(String... names) {
      return Arrays.stream(names).map(tensors::get).toArray(Tensor[]::new);
    }
  }

  /** What makes an input. */
  private sealed interface Input {
    Tensor tensor();

    ObjectNode json();
  }

  private record Made(Formula formula, long[] shape) implements Input {
    @Override
    public Tensor tensor() {
      return Torch.of(formula.values(Formula.count(shape)), shape);
    }

    @Override
    public ObjectNode json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.set("shape", GoldenFile.array(shape));
      json.put("seed", formula.seed()).put("scale", formula.scale());
      return json.put("offset", formula.offset());
    }
  }

  private record Integers(long[] values, long[] shape) implements Input {
    @Override
    public Tensor tensor() {
      return Torch.of(values, shape);
    }

    @Override
    public ObjectNode json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.set("shape", GoldenFile.array(shape));
      json.set("integers", GoldenFile.array(values));
      return json;
    }
  }

  private record Result(Map<String, Tensor> outputs, Map<String, Tensor> gradients) {}

  private final String name;
  private final Map<String, Input> inputs = new LinkedHashMap<>();
  private final Set<String> constants = new HashSet<>();
  private final ObjectNode options = JsonNodeFactory.instance.objectNode();
  private Function<Arguments, Map<String, Tensor>> function;
  private String about = "";

  GoldenCase(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** An input of numbers between -1 and 1. */
  GoldenCase input(String input, long... shape) {
    return scaled(input, 1, 0, shape);
  }

  /** An input of numbers around an offset. */
  GoldenCase scaled(String input, double scale, double offset, long... shape) {
    var formula = new Formula((name + "." + input).hashCode(), (float) scale, (float) offset);
    inputs.put(input, new Made(formula, shape));
    return this;
  }

  /** An input without gradient. */
  GoldenCase constant(String input, double scale, double offset, long... shape) {
    constants.add(input);
    return scaled(input, scale, offset, shape);
  }

  GoldenCase integers(String input, long[] shape, long... values) {
    inputs.put(input, new Integers(values, shape));
    return this;
  }

  GoldenCase option(String option, double value) {
    options.put(option, value);
    return this;
  }

  GoldenCase option(String option, long... values) {
    options.set(option, GoldenFile.array(values));
    return this;
  }

  GoldenCase option(String option, boolean value) {
    options.put(option, value);
    return this;
  }

  GoldenCase option(String option, String value) {
    options.put(option, value);
    return this;
  }

  /** What is computed, in words or in libtorch's. */
  GoldenCase about(String text) {
    about = text;
    return this;
  }

  /** One result, {@code y}. */
  GoldenCase gives(Function<Arguments, Tensor> result) {
    return givesAll(arguments -> Map.of("y", result.apply(arguments)));
  }

  GoldenCase givesAll(Function<Arguments, Map<String, Tensor>> results) {
    function = results;
    return this;
  }

  /** Runs it in fp64 and fp32. */
  ObjectNode json() {
    try (var _ = new PointerScope()) {
      Result exact = run(ScalarType.Double);
      Result plain = run(ScalarType.Float);
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      if (!about.isEmpty()) {
        json.put("about", about);
      }
      json.set("options", options);
      ObjectNode made = json.putObject("inputs");
      inputs.forEach((input, how) -> made.set(input, how.json()));
      json.set("outputs", numbers(exact.outputs(), plain.outputs()));
      json.set("gradients", numbers(exact.gradients(), plain.gradients()));
      return json;
    } catch (RuntimeException e) {
      throw new IllegalStateException(name, e);
    }
  }

  private static ObjectNode numbers(Map<String, Tensor> exact, Map<String, Tensor> plain) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    exact.forEach(
        (name, tensor) -> {
          double[] values = Torch.doubles(tensor);
          ObjectNode each = json.putObject(name);
          each.set("shape", GoldenFile.array(GoldenFile.shape(tensor)));
          each.put("error32", GoldenFile.error(Torch.doubles(plain.get(name)), values));
          each.set("values", GoldenFile.values(values));
        });
    return json;
  }

  private Result run(ScalarType type) {
    var tensors = new LinkedHashMap<String, Tensor>();
    var leaves = new LinkedHashMap<String, Tensor>();
    inputs.forEach(
        (input, how) -> {
          Tensor tensor = how.tensor();
          if (how instanceof Made) {
            tensor = tensor.to(type);
            if (!constants.contains(input)) {
              tensor.requires_grad_(true);
              leaves.put(input, tensor);
            }
          }
          tensors.put(input, tensor);
        });
    Map<String, Tensor> outputs = function.apply(new Arguments(tensors));
    var gradients = new LinkedHashMap<String, Tensor>();
    if (!leaves.isEmpty()) {
      TensorVector grads = gradients(outputs, leaves, type);
      int index = 0;
      for (String leaf : leaves.keySet()) {
        gradients.put(leaf, grads.get(index++));
      }
    }
    return new Result(new TreeMap<>(outputs), gradients);
  }

  private TensorVector gradients(
      Map<String, Tensor> outputs, Map<String, Tensor> leaves, ScalarType type) {
    var results = new TensorVector();
    var upstream = new TensorVector();
    for (var output : new TreeMap<>(outputs).entrySet()) {
      String dName = "d" + output.getKey();
      long[] shape = GoldenFile.shape(output.getValue());
      if (!inputs.containsKey(dName)) {
        constant(dName, 1, 0, shape);
      }
      results.push_back(output.getValue());
      upstream.push_back(inputs.get(dName).tensor().to(type));
    }
    var wanted = new TensorVector();
    leaves.values().forEach(wanted::push_back);
    return torch.grad(results, wanted, upstream, new BoolOptional(), false, false);
  }
}
