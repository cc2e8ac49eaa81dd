package dev.kiln.ops.tensor;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Activation checkpointing (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016): a
 * function whose intermediate tensors are not kept for the backward pass, but computed again in it.
 * Random numbers and autocast are what they were, so gradients are the same bit for bit; the price
 * is a second forward pass. May be nested.
 */
public final class Recompute {
  private Recompute() {}

  /** {@link #ofAll} of one input. */
  public static Tensor of(UnaryOperator<Tensor> function, Tensor input) {
    return ofAll(inputs -> function.apply(inputs.getFirst()), new Tensor[] {input});
  }

  /**
   * The result of a function, of which only the inputs are kept.
   *
   * @param function of the inputs and of parameters alone, and twice the same; what it changes,
   *     such as running statistics, changes twice
   * @throws KilnException if the function uses a result that needs a gradient and is no input
   */
  public static Tensor ofAll(Function<List<Tensor>, Tensor> function, Tensor... inputs) {
    if (inputs.length == 0) {
      throw new KilnException("recompute: there is no input");
    }
    Context context = inputs[0].context();
    long seed = context.random().seed();
    long offset = context.random().offset();
    Autocast autocast = context.currentAutocast();
    if (!context.isRecording()) {
      return function.apply(Arrays.asList(inputs));
    }
    var used = new Used();
    Tensor y;
    try (Mode _ = context.noGrad();
        Mode _ = context.listen(used);
        Scope frame = context.frame()) {
      y = frame.keep(function.apply(detached(inputs)).detach());
    }
    boolean[] needed = new boolean[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      needed[i] = inputs[i].requiresGrad();
    }
    Tensor[] all = Arrays.copyOf(inputs, inputs.length + used.parameters.size());
    int next = inputs.length;
    for (Tensor parameter : used.parameters) {
      all[next++] = parameter;
    }
    return Operation.of("recompute", all)
        .save(inputs)
        .result(
            y,
            g -> {
              var random = context.random();
              long seedNow = random.seed();
              long offsetNow = random.offset();
              random.restore(seed, offset);
              try (Scope _ = context.scope();
                  Mode _ = context.withGrad();
                  Mode _ = context.autocastAs(autocast)) {
                backward(function, needed, g);
              } finally {
                random.restore(seedNow, offsetNow);
              }
            });
  }

  private static List<Tensor> detached(Tensor... inputs) {
    return Arrays.stream(inputs).map(input -> input.detach()).toList();
  }

  private static void backward(
      Function<List<Tensor>, Tensor> function, boolean[] needed, Gradients g) {
    Tensor[] inputs = new Tensor[needed.length];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = g.saved(i).detach();
      inputs[i].requireGrad(needed[i]);
    }
    Tensor y = function.apply(Arrays.asList(inputs));
    if (!y.requiresGrad()) {
      return;
    }
    if (g.areOfAll()) {
      // Those of parameters go straight to where they are added up.
      y.backward(g.of());
      for (int i = 0; i < inputs.length; i++) {
        if (inputs[i].hasGrad()) {
          g.give(i, inputs[i].grad());
        }
      }
    } else {
      chosen(y, inputs, g);
    }
  }

  /** Gradients of those inputs and parameters that somebody asked for, and of no others. */
  private static void chosen(Tensor y, Tensor[] inputs, Gradients g) {
    List<Integer> places = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < g.inputs(); i++) {
      if (g.needs(i)) {
        places.add(i);
        tensors.add(i < inputs.length ? inputs[i] : g.parameter(i));
      }
    }
    List<Tensor> gradients = Autograd.gradients(y, g.of(), false, tensors);
    for (int i = 0; i < places.size(); i++) {
      g.give(places.get(i), gradients.get(i));
    }
  }

  /** Which parameters a function uses, and that it uses nothing else that needs a gradient. */
  private static final class Used implements OperationListener {
    private final Set<Tensor> parameters = new LinkedHashSet<>();

    @Override
    public void forward(String operation, List<Tensor> inputs, Tensor result) {
      for (Tensor input : inputs) {
        if (input != null && input.requiresGrad()) {
          if (!input.isLeaf()) {
            throw new KilnException(
                "recompute: the function uses %s in %s, which must be one of its inputs"
                    .formatted(input, operation));
          }
          parameters.add(input);
        }
      }
    }
  }
}
