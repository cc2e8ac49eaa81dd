package dev.kiln.ops.optim;

import dev.kiln.kernels.optimizer.Adagrad;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.EightBitAdam;
import dev.kiln.kernels.optimizer.Lion;
import dev.kiln.kernels.optimizer.Muon;
import dev.kiln.kernels.optimizer.Optimizer;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.optimizer.RmsProp;
import dev.kiln.kernels.optimizer.Rprop;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.runtime.Device;
import java.util.List;
import java.util.function.BiFunction;

/**
 * How an optimizer changes weights: one of the rules of {@code dev.kiln.kernels.optimizer} with its
 * numbers. Those without arguments are PyTorch's defaults.
 */
public final class UpdateRule {
  private final String name;
  private final Object options;
  private final BiFunction<Device, List<Parameter>, Optimizer> maker;

  private UpdateRule(
      String name, Object options, BiFunction<Device, List<Parameter>, Optimizer> maker) {
    this.name = name;
    this.options = options;
    this.maker = maker;
  }

  /** Gradient descent without momentum. */
  public static UpdateRule sgd() {
    return sgd(Sgd.Options.DEFAULT);
  }

  /** Gradient descent with momentum. */
  public static UpdateRule sgd(double momentum) {
    return sgd(new Sgd.Options(momentum, 0, false, 0));
  }

  /** Gradient descent with momentum after Nesterov. */
  public static UpdateRule nesterov(double momentum) {
    return sgd(new Sgd.Options(momentum, 0, true, 0));
  }

  public static UpdateRule sgd(Sgd.Options options) {
    return new UpdateRule("sgd", options, (device, list) -> new Sgd(device, list, options));
  }

  public static UpdateRule adagrad() {
    return adagrad(Adagrad.Options.DEFAULT);
  }

  public static UpdateRule adagrad(Adagrad.Options options) {
    return new UpdateRule("adagrad", options, (device, list) -> new Adagrad(device, list, options));
  }

  public static UpdateRule rmsProp() {
    return rmsProp(RmsProp.Options.DEFAULT);
  }

  public static UpdateRule rmsProp(RmsProp.Options options) {
    return new UpdateRule("rmsprop", options, (device, list) -> new RmsProp(device, list, options));
  }

  /** Adam without decay. */
  public static UpdateRule adam() {
    return adam(Adam.Options.ADAM);
  }

  /** Adam with a decoupled decay of 0.01. */
  public static UpdateRule adamW() {
    return adam(Adam.Options.ADAMW);
  }

  /** Adam with a decoupled decay. */
  public static UpdateRule adamW(double weightDecay) {
    return adam(Adam.Options.ADAMW.withWeightDecay(weightDecay));
  }

  /** Adam, or with {@code decoupled} decay AdamW. */
  public static UpdateRule adam(Adam.Options options) {
    String name = options.decoupled() ? "adamw" : "adam";
    return new UpdateRule(name, options, (device, list) -> new Adam(device, list, options));
  }

  /** Adam, or AdamW, with its averages in 8 bits. */
  public static UpdateRule eightBitAdam(Adam.Options options) {
    return new UpdateRule(
        "adam8bit", options, (device, list) -> new EightBitAdam(device, list, options));
  }

  public static UpdateRule lion() {
    return lion(Lion.Options.DEFAULT);
  }

  public static UpdateRule lion(Lion.Options options) {
    return new UpdateRule("lion", options, (device, list) -> new Lion(device, list, options));
  }

  public static UpdateRule rprop() {
    return rprop(Rprop.Options.DEFAULT);
  }

  public static UpdateRule rprop(Rprop.Options options) {
    return new UpdateRule("rprop", options, (device, list) -> new Rprop(device, list, options));
  }

  public static UpdateRule muon() {
    return muon(Muon.Options.DEFAULT);
  }

  /** For matrices of hidden layers; see {@link ParameterGroups#muon}. */
  public static UpdateRule muon(Muon.Options options) {
    return new UpdateRule("muon", options, (device, list) -> new Muon(device, list, options));
  }

  /** For checkpoints and messages, for example {@code adamw}. */
  public String name() {
    return name;
  }

  Optimizer make(Device device, List<Parameter> parameters) {
    return maker.apply(device, parameters);
  }

  @Override
  public String toString() {
    return name + " " + options;
  }
}
