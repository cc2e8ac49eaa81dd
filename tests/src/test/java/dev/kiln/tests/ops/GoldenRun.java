package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.tests.train.Goldens;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** A golden case in Kiln: its inputs as tensors, its results and gradients compared. */
final class GoldenRun {
  private GoldenRun() {}

  /** Inputs by their names; numbers need gradients, indices are i32. */
  static Map<String, Tensor> inputs(Context context, Goldens.Case given, DType dtype) {
    var made = new HashMap<String, Tensor>();
    for (String name : given.inputs()) {
      long[] shape = longs(given.shape(name));
      made.put(
          name,
          name.equals("index")
              ? context.of(given.indices(name), shape)
              : context.of(dtype, given.doubles(name), shape).requireGrad());
    }
    return made;
  }

  /**
   * Compares results, then the gradients of the sum of all results y times dy.
   *
   * @param gradients names of the inputs whose gradients are compared
   */
  static void compare(
      Goldens.Case given,
      DType dtype,
      Map<String, Tensor> outputs,
      Map<String, Tensor> inputs,
      Set<String> gradients) {
    assertThat(outputs.keySet()).isEqualTo(given.outputs());
    Tensor sum = null;
    for (var output : outputs.entrySet()) {
      Tensor y = output.getValue();
      assertThat(y.shape()).isEqualTo(longs(given.output(output.getKey()).shape()));
      given.output(output.getKey()).check(dtype, y.toDoubles());
      Tensor part = y.mul(inputs.get("d" + output.getKey()).detach()).sum();
      sum = sum == null ? part : sum.add(part);
    }
    sum.backward();
    for (String name : gradients) {
      given.gradient(name).check(dtype, inputs.get(name).grad().toDoubles());
    }
  }

  static long[] longs(int... numbers) {
    return Arrays.stream(numbers).asLongStream().toArray();
  }
}
