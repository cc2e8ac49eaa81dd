package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;
import static dev.kiln.tests.rules.HostArray.zeros;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adagrad;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Averaging;
import dev.kiln.kernels.optimizer.EightBitAdam;
import dev.kiln.kernels.optimizer.FindInf;
import dev.kiln.kernels.optimizer.GlobalNorm;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.kernels.optimizer.Lion;
import dev.kiln.kernels.optimizer.Muon;
import dev.kiln.kernels.optimizer.Optimizer;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.optimizer.RmsProp;
import dev.kiln.kernels.optimizer.Rprop;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** Steps of optimizers. */
final class OptimizerCases {
  private OptimizerCases() {}

  static List<KernelCase> all() {
    return List.of(
        findInf(),
        clipped(),
        averaged(),
        steps("Sgd", (d, p) -> new Sgd(d, p, new Sgd.Options(0.9, 0, true, 0.01))),
        steps("Adagrad", (d, p) -> new Adagrad(d, p, Adagrad.Options.DEFAULT)),
        steps(
            "RmsProp", (d, p) -> new RmsProp(d, p, new RmsProp.Options(0.9, 1e-8, 0.9, true, 0.1))),
        steps("AdamW", (d, p) -> new Adam(d, p, Adam.Options.ADAMW.withAmsgrad())),
        steps("Lion", (d, p) -> new Lion(d, p, Lion.Options.DEFAULT)),
        steps("Rprop", (d, p) -> new Rprop(d, p, Rprop.Options.DEFAULT)),
        steps("EightBitAdam", (d, p) -> new EightBitAdam(d, p, Adam.Options.ADAM)),
        steps("Muon", (d, p) -> new Muon(d, p, Muon.Options.DEFAULT)));
  }

  private static KernelCase findInf() {
    return new KernelCase(
        "FindInf",
        List.of(zeros(DType.FP32, 5000), normal(DType.FP16, 12, 5000), zeros(DType.FP32, 1)),
        (device, arrays) -> {
          var kernel = new FindInf(device, List.of(Parameter.of(arrays.get(0), arrays.get(1))));
          return () -> kernel.run(arrays.get(2));
        });
  }

  /** Two steps from a state of zeros, of two parameters, one of them with a copy for the model. */
  private static KernelCase steps(
      String name, BiFunction<Device, List<Parameter>, Optimizer> make) {
    return new KernelCase(
        name,
        List.of(
            normal(13, 50, 100),
            normal(14, 50, 100),
            normal(15, 11, 7),
            unwritten(DType.BF16, 11, 7),
            normal(DType.BF16, 16, 11, 7)),
        (device, arrays) -> {
          Optimizer optimizer = make.apply(device, parameters(arrays));
          List<NdArray> states = states(optimizer);
          return () -> {
            for (int i = 0; i < states.size(); i++) {
              states.get(i).buffer().fill((byte) 0);
            }
            optimizer.step(1e-2, 1);
            optimizer.step(1e-2, 2);
          };
        });
  }

  private static KernelCase clipped() {
    return new KernelCase(
        "GlobalNorm",
        List.of(
            normal(13, 90, 100),
            normal(14, 90, 100),
            normal(15, 11, 7),
            unwritten(DType.BF16, 11, 7),
            normal(DType.BF16, 16, 11, 7)),
        (device, arrays) -> {
          List<Parameter> parameters = parameters(arrays);
          var norm = new GlobalNorm(device, parameters);
          var sgd = new Sgd(device, parameters, Sgd.Options.DEFAULT);
          var scaling = GradientScaling.NONE.withNorm(norm);
          return () -> {
            norm.run(5, 1);
            sgd.step(1, 1, scaling);
          };
        });
  }

  private static KernelCase averaged() {
    return new KernelCase(
        "Averaging",
        List.of(normal(13, 90, 100), normal(DType.BF16, 14, 90, 100)),
        (device, arrays) -> {
          var pair = Parameter.of(arrays.get(0), arrays.get(1));
          var averaging = new Averaging(device, List.of(pair));
          return () -> averaging.run(0.1);
        });
  }

  private static List<Parameter> parameters(List<NdArray> arrays) {
    return List.of(
        Parameter.of(arrays.get(0), arrays.get(1)),
        Parameter.of(arrays.get(2), arrays.get(3), arrays.get(4)));
  }

  private static List<NdArray> states(Optimizer optimizer) {
    List<NdArray> states = new ArrayList<>();
    for (int i = 0; i < optimizer.parameters().size(); i++) {
      for (String state : optimizer.stateNames()) {
        states.add(optimizer.state(i, state));
      }
    }
    return states;
  }
}
