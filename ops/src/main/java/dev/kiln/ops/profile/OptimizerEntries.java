package dev.kiln.ops.profile;

import dev.kiln.kernels.optimizer.Adagrad;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Lion;
import dev.kiln.kernels.optimizer.Optimizer;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.optimizer.RmsProp;
import dev.kiln.kernels.optimizer.Rprop;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.kernels.reference.OptimizerReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import dev.kiln.runtime.Device;
import java.util.List;
import java.util.function.BiFunction;

/** Steps of optimizers, the first from a state of zeros. */
final class OptimizerEntries {
  private static final double RATE = 1e-3;

  private static final Sgd.Options MOMENTUM = new Sgd.Options(0.9, 0, false, 0.01);

  private OptimizerEntries() {}

  /** The rule in plain Java, on weights that it changes. */
  private interface Rule {
    void step(Rounding r, double[] w, double[] g);
  }

  static List<Entry> all() {
    return List.of(
        step(
            "adamw",
            "AdamW",
            2,
            15,
            (d, p) -> new Adam(d, p, Adam.Options.ADAMW),
            (r, w, g) ->
                OptimizerReference.adam(
                    r, w, g, zeros(w), zeros(w), zeros(w), Adam.Options.ADAMW, RATE, 1)),
        step(
            "sgd-momentum",
            "gradient descent with momentum",
            1,
            6,
            (d, p) -> new Sgd(d, p, MOMENTUM),
            (r, w, g) -> OptimizerReference.sgd(r, w, g, zeros(w), MOMENTUM, RATE, 1)),
        step(
            "lion",
            "Lion",
            1,
            9,
            (d, p) -> new Lion(d, p, Lion.Options.DEFAULT),
            (r, w, g) -> OptimizerReference.lion(r, w, g, zeros(w), Lion.Options.DEFAULT, RATE)),
        step(
            "rmsprop",
            "RMSProp",
            1,
            8,
            (d, p) -> new RmsProp(d, p, RmsProp.Options.DEFAULT),
            (r, w, g) ->
                OptimizerReference.rmsProp(
                    r, w, g, zeros(w), zeros(w), zeros(w), RmsProp.Options.DEFAULT, RATE)),
        step(
            "rprop",
            "Rprop",
            2,
            6,
            (d, p) -> new Rprop(d, p, Rprop.Options.DEFAULT),
            (r, w, g) ->
                OptimizerReference.rprop(r, w, g, zeros(w), zeros(w), Rprop.Options.DEFAULT, RATE)),
        step(
            "adagrad",
            "Adagrad",
            1,
            7,
            (d, p) -> new Adagrad(d, p, Adagrad.Options.DEFAULT),
            (r, w, g) ->
                OptimizerReference.adagrad(r, w, g, zeros(w), Adagrad.Options.DEFAULT, RATE, 1)));
  }

  private static double[] zeros(double[] like) {
    return new double[like.length];
  }

  /**
   * @param states numbers that are kept for each weight, in fp32
   */
  private static Entry step(
      String name,
      String about,
      int states,
      int flops,
      BiFunction<Device, List<Parameter>, Optimizer> make,
      Rule rule) {
    return Entry.of(name, Family.OPTIMIZERS, "a step of " + about, "count")
        .shapes("999", "1048576", "8388608")
        .flops(s -> (double) flops * s.of("count"))
        .moves(c -> c.size("count") * (3.0 * c.dtype().bytes() + 2 * states * Float.BYTES))
        .changes("w", "count")
        .reads("g", "count")
        .runs(
            (device, a) -> {
              var optimizer = make.apply(device, List.of(Parameter.of(a.apply("w"), a.apply("g"))));
              return new Step(optimizer);
            })
        .yields(
            "w",
            (r, in) -> {
              double[] w = in.values("w").clone();
              rule.step(r, w, in.values("g"));
              return w;
            });
  }

  /** A first step again and again, but the state goes on unless it is reset. */
  private record Step(Optimizer optimizer) implements Call {
    @Override
    public void run() {
      optimizer.step(RATE, 1);
    }

    @Override
    public void reset() {
      for (String state : optimizer.stateNames()) {
        optimizer.state(0, state).buffer().fill((byte) 0);
      }
    }

    @Override
    public void close() {
      optimizer.close();
    }
  }
}
