package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.Targets;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Task;
import dev.kiln.runtime.KilnException;

/**
 * A student learns classes from a trained teacher and from the labels (Hinton, Vinyals and Dean,
 * 2015): {@code a T^2 KL(teacher_T || student_T) + (1 - a) CE}. The teacher evaluates, without
 * gradients, and does not change.
 *
 * @param student from a batch's values to a logit for each class
 * @param teacher likewise
 * @param temperature {@code T}, above 0
 * @param softPart {@code a}, 0 to 1
 */
public record DistillationTask(Layer student, Layer teacher, double temperature, double softPart)
    implements Task<Batch> {
  @Override
  public Layer model() {
    return student;
  }

  @Override
  public Tensor loss(Batch batch) {
    if (!(batch.targets() instanceof Targets.Classes classes)) {
      throw new KilnException("distillation: needs a class for each example");
    }
    Context context = student.context();
    Tensor inputs = ClassTask.inputs(context, batch);
    Tensor targets = context.of(classes.indices(), classes.count());
    return CrossEntropies.distillation(
        student.apply(inputs), taught(inputs), targets, temperature, softPart);
  }

  private Tensor taught(Tensor inputs) {
    boolean wasTraining = teacher.isTraining();
    teacher.evaluate();
    try (Mode _ = student.context().noGrad()) {
      return teacher.apply(inputs);
    } finally {
      teacher.train(wasTraining);
    }
  }

  @Override
  public long examples(Batch batch) {
    return batch.count();
  }
}
