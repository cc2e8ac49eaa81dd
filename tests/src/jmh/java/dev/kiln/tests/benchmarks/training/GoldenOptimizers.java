package dev.kiln.tests.benchmarks.training;

import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Adagrad;
import org.bytedeco.pytorch.AdagradOptions;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.RMSprop;
import org.bytedeco.pytorch.RMSpropOptions;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Ten steps of each optimizer of libtorch with given gradients: row i of the result is the weights
 * after step i + 1. C++ has no Rprop, Lion or Muon.
 */
final class GoldenOptimizers {
  private static final int STEPS = 10;
  private static final int SIZE = 6;
  private static final double RATE = 0.01;
  private static final double DECAY = 0.1;
  private static final double EPS = 1e-8;

  private GoldenOptimizers() {}

  static List<GoldenCase> all() {
    return List.of(
        sgd("sgd", 0, 0, 0, false),
        sgd("sgd-decay", 0, 0, DECAY, false),
        sgd("momentum", 0.9, 0, 0, false),
        sgd("momentum-dampening", 0.9, 0.3, DECAY, false),
        sgd("nesterov", 0.9, 0, DECAY, true),
        steps("adagrad", weights -> new Adagrad(weights, adagrad()))
            .option("eps", 1e-10)
            .option("rateDecay", 0.05)
            .option("decay", DECAY),
        rmsProp("rmsprop", 0, false, 0),
        rmsProp("rmsprop-momentum", 0.9, false, DECAY),
        rmsProp("rmsprop-centered", 0.9, true, 0),
        adam("adam", 0, false),
        adam("adam-decay", DECAY, false),
        adam("adam-amsgrad", 0, true),
        adamW("adamw", DECAY),
        adamW("adamw-no-decay", 0));
  }

  private static GoldenCase steps(String name, Function<TensorVector, Optimizer> optimizer) {
    return new GoldenCase(name)
        .about("y[i] is the weights after step i + 1 with the gradients g[i]")
        .constant("w", 1, 0, SIZE)
        .constant("g", 0.5, 0.2, STEPS, SIZE)
        .option("rate", RATE)
        .gives(
            in -> {
              Tensor weights = in.get("w").clone().requires_grad_(true);
              Optimizer steps = optimizer.apply(new TensorVector(weights));
              var rows = new TensorVector();
              for (int i = 0; i < STEPS; i++) {
                weights.mutable_grad().put(in.get("g").select(0, i));
                steps.step();
                rows.push_back(weights.detach().clone());
              }
              return torch.stack(rows);
            });
  }

  private static GoldenCase sgd(
      String name, double momentum, double dampening, double decay, boolean nesterov) {
    return steps(
            name,
            weights -> {
              var options = new SGDOptions(RATE);
              options.momentum().put(momentum);
              options.dampening().put(dampening);
              options.weight_decay().put(decay);
              options.nesterov().put(nesterov);
              return new SGD(weights, options);
            })
        .option("momentum", momentum)
        .option("dampening", dampening)
        .option("nesterov", nesterov)
        .option("decay", decay);
  }

  private static AdagradOptions adagrad() {
    var options = new AdagradOptions(RATE);
    options.lr_decay().put(0.05);
    options.weight_decay().put(DECAY);
    options.eps().put(1e-10);
    return options;
  }

  private static GoldenCase rmsProp(String name, double momentum, boolean centered, double decay) {
    double alpha = 0.99;
    return steps(
            name,
            weights -> {
              var options = new RMSpropOptions(RATE);
              options.alpha().put(alpha);
              options.eps().put(EPS);
              options.momentum().put(momentum);
              options.centered().put(centered);
              options.weight_decay().put(decay);
              return new RMSprop(weights, options);
            })
        .option("alpha", alpha)
        .option("eps", EPS)
        .option("momentum", momentum)
        .option("centered", centered)
        .option("decay", decay);
  }

  private static GoldenCase adam(String name, double decay, boolean amsgrad) {
    return betas(
        steps(
                name,
                weights -> {
                  var options = new AdamOptions(RATE);
                  TorchParameters.betas(options.betas(), 0.9, 0.999);
                  options.eps().put(EPS);
                  options.weight_decay().put(decay);
                  options.amsgrad().put(amsgrad);
                  return new Adam(weights, options);
                })
            .option("amsgrad", amsgrad),
        decay);
  }

  private static GoldenCase adamW(String name, double decay) {
    return betas(
        steps(
            name,
            weights -> {
              var options = new AdamWOptions(RATE);
              TorchParameters.betas(options.betas(), 0.9, 0.999);
              options.eps().put(EPS);
              options.weight_decay().put(decay);
              return new AdamW(weights, options);
            }),
        decay);
  }

  private static GoldenCase betas(GoldenCase made, double decay) {
    return made.option("beta1", 0.9)
        .option("beta2", 0.999)
        .option("eps", EPS)
        .option("decay", decay);
  }
}
