package dev.kiln.tests.kernels;

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
import dev.kiln.runtime.Device;
import java.util.List;
import java.util.function.BiFunction;

/**
 * An optimizer with options, and its definition.
 *
 * @param states their names, in the order in which the definition takes them
 */
record OptimizerRule(
    String name,
    List<String> states,
    BiFunction<Device, List<Parameter>, Optimizer> optimizer,
    Definition definition) {
  private static final double DECAY = 0.1;

  /** A step of the reference. */
  interface Definition {
    /**
     * @param decay of weights, relative to that of the options
     */
    void step(
        Rounding r, double[] w, double[] g, double[][] state, double lr, long step, double decay);
  }

  static List<OptimizerRule> all() {
    return List.of(
        sgd("SGD", new Sgd.Options(0, 0, false, 0)),
        sgd("SGD with decay", new Sgd.Options(0, 0, false, DECAY)),
        sgd("SGD with dampened momentum", new Sgd.Options(0.9, 0.5, false, DECAY)),
        sgd("SGD with Nesterov", new Sgd.Options(0.9, 0, true, DECAY)),
        adagrad(),
        rmsProp("RMSProp", new RmsProp.Options(0.9, 1e-8, 0, false, DECAY)),
        rmsProp("RMSProp, centred, momentum", new RmsProp.Options(0.9, 1e-3, 0.9, true, DECAY)),
        adam("Adam", new Adam.Options(0.9, 0.999, 1e-8, DECAY, false, false)),
        adam("AdamW", new Adam.Options(0.9, 0.999, 1e-8, DECAY, true, false)),
        adam("AMSGrad", new Adam.Options(0.5, 0.6, 1e-8, DECAY, true, true)),
        lion(),
        rprop());
  }

  private static OptimizerRule sgd(String name, Sgd.Options o) {
    return new OptimizerRule(
        name,
        o.momentum() == 0 ? List.of() : List.of("velocity"),
        (device, parameters) -> new Sgd(device, parameters, o),
        (r, w, g, s, lr, step, decay) ->
            OptimizerReference.sgd(
                r,
                w,
                g,
                s.length == 0 ? null : s[0],
                new Sgd.Options(o.momentum(), o.dampening(), o.nesterov(), o.weightDecay() * decay),
                lr,
                step));
  }

  private static OptimizerRule adagrad() {
    return new OptimizerRule(
        "Adagrad",
        List.of("sum"),
        (device, parameters) -> new Adagrad(device, parameters, adagrad(1)),
        (r, w, g, s, lr, step, decay) ->
            OptimizerReference.adagrad(r, w, g, s[0], adagrad(decay), lr, step));
  }

  private static Adagrad.Options adagrad(double decay) {
    return new Adagrad.Options(0.1, DECAY * decay, 0, 1e-10);
  }

  private static OptimizerRule rmsProp(String name, RmsProp.Options o) {
    return new OptimizerRule(
        name,
        o.centered() ? List.of("square", "velocity", "mean") : List.of("square"),
        (device, parameters) -> new RmsProp(device, parameters, o),
        (r, w, g, s, lr, step, decay) ->
            OptimizerReference.rmsProp(
                r,
                w,
                g,
                s[0],
                o.centered() ? s[1] : new double[w.length],
                o.centered() ? s[2] : new double[w.length],
                new RmsProp.Options(
                    o.alpha(), o.eps(), o.momentum(), o.centered(), o.weightDecay() * decay),
                lr));
  }

  private static OptimizerRule adam(String name, Adam.Options o) {
    return new OptimizerRule(
        name,
        o.amsgrad() ? List.of("mean", "square", "largest") : List.of("mean", "square"),
        (device, parameters) -> new Adam(device, parameters, o),
        (r, w, g, s, lr, step, decay) ->
            OptimizerReference.adam(
                r,
                w,
                g,
                s[0],
                s[1],
                o.amsgrad() ? s[2] : new double[w.length],
                o.withWeightDecay(o.weightDecay() * decay),
                lr,
                step));
  }

  private static OptimizerRule lion() {
    return new OptimizerRule(
        "Lion",
        List.of("mean"),
        (device, parameters) -> new Lion(device, parameters, new Lion.Options(0.9, 0.99, DECAY)),
        (r, w, g, s, lr, step, decay) ->
            OptimizerReference.lion(r, w, g, s[0], new Lion.Options(0.9, 0.99, DECAY * decay), lr));
  }

  private static OptimizerRule rprop() {
    return new OptimizerRule(
        "Rprop",
        List.of("last", "size"),
        (device, parameters) -> new Rprop(device, parameters, Rprop.Options.DEFAULT),
        (r, w, g, s, lr, step, decay) ->
            OptimizerReference.rprop(r, w, g, s[0], s[1], Rprop.Options.DEFAULT, lr));
  }

  @Override
  public String toString() {
    return name;
  }
}
