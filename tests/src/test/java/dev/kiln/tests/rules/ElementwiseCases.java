package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.elementwise.BiasActivation;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.elementwise.GatedUnits;
import dev.kiln.kernels.elementwise.LearnableActivation;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.kernels.elementwise.UnaryFunction;
import dev.kiln.kernels.embedding.Embedding;
import java.util.ArrayList;
import java.util.List;

/** Launches of elementwise kernels and of embeddings. */
final class ElementwiseCases {
  private ElementwiseCases() {}

  static List<KernelCase> all() {
    List<KernelCase> cases = new ArrayList<>();
    for (Activation activation : Activation.values()) {
      if (activation != Activation.NONE) {
        cases.add(activation(activation));
      }
    }
    cases.addAll(List.of(gatedUnits(), biasActivation(), learnableActivation(), rotary()));
    cases.addAll(List.of(dropout(), dropoutAndResidual(), embedding()));
    cases.addAll(List.of(repeated(), transposed(), power()));
    return cases;
  }

  private static KernelCase activation(Activation activation) {
    return new KernelCase(
        "Activations " + activation,
        List.of(normal(18, 5000), normal(19, 5000), unwritten(5000), unwritten(5000)),
        (device, arrays) -> {
          var kernel = new Activations(device);
          return () -> {
            kernel.forward(activation, arrays.get(0), arrays.get(2));
            kernel.backward(activation, arrays.get(0), arrays.get(1), arrays.get(3));
          };
        });
  }

  private static KernelCase gatedUnits() {
    return new KernelCase(
        "GatedUnits",
        List.of(normal(20, 9, 602), normal(21, 9, 301), unwritten(9, 301), unwritten(9, 602)),
        (device, arrays) -> {
          var kernel = new GatedUnits(device);
          var gate = arrays.get(0).narrow(1, 0, 301);
          var value = arrays.get(0).narrow(1, 301, 602);
          var dgate = arrays.get(3).narrow(1, 0, 301);
          var dvalue = arrays.get(3).narrow(1, 301, 602);
          return () -> {
            kernel.forward(Activation.SILU, gate, value, arrays.get(2));
            kernel.backward(Activation.SILU, gate, value, arrays.get(1), dgate, dvalue);
          };
        });
  }

  private static KernelCase biasActivation() {
    return new KernelCase(
        "BiasActivation",
        List.of(
            normal(DType.BF16, 22, 400, 101),
            normal(DType.BF16, 23, 101),
            normal(DType.BF16, 24, 400, 101),
            unwritten(DType.BF16, 400, 101),
            unwritten(DType.BF16, 400, 101),
            unwritten(101)),
        (device, arrays) -> {
          var kernel = new BiasActivation(device);
          return () -> {
            kernel.forward(Activation.GELU, arrays.get(0), arrays.get(1), arrays.get(3));
            kernel.backward(
                Activation.GELU,
                arrays.get(0),
                arrays.get(1),
                arrays.get(2),
                arrays.get(4),
                arrays.get(5));
          };
        });
  }

  private static KernelCase learnableActivation() {
    return new KernelCase(
        "LearnableActivation",
        List.of(normal(25, 3, 5, 700), normal(26, 5), unwritten(3, 5, 700), unwritten(5)),
        (device, arrays) -> {
          var kernel = new LearnableActivation(device);
          var f = LearnableActivation.Function.SWISH;
          var x = arrays.get(0);
          return () -> kernel.backward(f, x, 1, arrays.get(1), x, arrays.get(2), arrays.get(3));
        });
  }

  private static KernelCase rotary() {
    return new KernelCase(
        "Rotary",
        List.of(normal(27, 2, 70, 3, 40), unwritten(2, 70, 3, 40)),
        (device, arrays) -> {
          var kernel = new Rotary(device);
          var neox = Rotary.Options.of(Rotary.Form.HALF_SPLIT, 32);
          var pairs = Rotary.Options.of(Rotary.Form.INTERLEAVED, 40);
          return () -> {
            kernel.forward(arrays.get(0), neox, Rotary.Angles.COMPUTED, arrays.get(1));
            kernel.backward(arrays.get(1), pairs, Rotary.Angles.COMPUTED, arrays.get(1));
          };
        });
  }

  private static KernelCase dropout() {
    return new KernelCase(
        "Dropout",
        List.of(normal(11, 5000), unwritten(5000)),
        (device, arrays) -> {
          var kernel = new Dropout(device);
          return () -> kernel.run(arrays.get(0), 0.3, 7, 1000, arrays.get(1));
        });
  }

  private static KernelCase dropoutAndResidual() {
    return new KernelCase(
        "Dropout with residual",
        List.of(normal(28, 5000), normal(29, 5000), unwritten(5000)),
        (device, arrays) -> {
          var kernel = new Dropout(device);
          return () -> kernel.run(arrays.get(0), arrays.get(1), 0.3, 7, 1000, arrays.get(2));
        });
  }

  private static KernelCase embedding() {
    return new KernelCase(
        "Embedding",
        List.of(
            normal(30, 50, 70),
            integers(DType.I32, 31, 0, 50, 600),
            unwritten(600, 70),
            normal(DType.FP16, 32, 600, 70),
            unwritten(50, 70)),
        (device, arrays) -> {
          var kernel = new Embedding(device);
          return () -> {
            kernel.forward(arrays.get(0), arrays.get(1), 3, arrays.get(2));
            kernel.backward(arrays.get(1), arrays.get(3), 3, 7, false, arrays.get(4));
          };
        });
  }

  private static KernelCase repeated() {
    return new KernelCase(
        "Pointwise of repeated operands",
        List.of(normal(33, 7, 1, 11, 30), normal(34, 5, 1, 30), unwritten(7, 5, 11, 30)),
        (device, arrays) -> {
          var kernel = new Pointwise(device);
          return () -> kernel.scaleAdd(0.3, arrays.get(0), 0.7, arrays.get(1), arrays.get(2));
        });
  }

  private static KernelCase transposed() {
    return new KernelCase(
        "Pointwise of a transposed operand",
        List.of(normal(35, 130, 70), unwritten(DType.FP16, 70, 130)),
        (device, arrays) -> {
          var kernel = new Pointwise(device);
          var x = arrays.get(0).permute(1, 0);
          return () -> kernel.unary(UnaryFunction.EXP, x, arrays.get(1));
        });
  }

  private static KernelCase power() {
    return new KernelCase(
        "Pointwise power",
        List.of(normal(36, 900), normal(37, 900), unwritten(900)),
        (device, arrays) -> {
          var kernel = new Pointwise(device);
          return () -> {
            kernel.unary(UnaryFunction.ABS, arrays.get(0), arrays.get(2));
            kernel.binary(BinaryFunction.POW, arrays.get(2), arrays.get(1), arrays.get(2));
          };
        });
  }
}
