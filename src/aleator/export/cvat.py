"""CVAT's own XML for images: a tag for each picture."""

from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from aleator.export.corrected import Corrected
from aleator.export.pictures import copy_picture, picture_size, whole_folder


def export_cvat(corrected: Corrected, output: Path) -> None:
    """`images/`, to make a task of, and `annotations.xml` ("CVAT for images 1.1"), to be uploaded into it. Labels are
    of the type tag; what was given, and the id, are attributes of the tag."""

    def write(folder: Path) -> None:
        root = Element("annotations")
        SubElement(root, "version").text = "1.1"
        labels = SubElement(SubElement(SubElement(root, "meta"), "task"), "labels")
        for name in corrected.examples.class_names:
            label = SubElement(labels, "label")
            SubElement(label, "name").text = name
            SubElement(label, "type").text = "tag"
            attributes = SubElement(label, "attributes")
            for attribute in ("id", "given_label"):
                one = SubElement(attributes, "attribute")
                for key, value in {"name": attribute, "mutable": "False", "input_type": "text"}.items():
                    SubElement(one, key).text = value
                SubElement(one, "default_value")
                SubElement(one, "values")
        for row in range(len(corrected)):
            name = copy_picture(corrected, row, folder / "images")
            width, height = picture_size(corrected, row)
            image = SubElement(root, "image", id=str(row), name=name, width=str(width), height=str(height))
            if corrected.label[row] >= 0:
                tag = SubElement(image, "tag", label=corrected.name_of(int(corrected.label[row])), source="manual")
                SubElement(tag, "attribute", name="id").text = corrected.examples.id(row)
                given = corrected.name_of(int(corrected.examples.given[row]))
                SubElement(tag, "attribute", name="given_label").text = given
        indent(root)
        ElementTree(root).write(folder / "annotations.xml", encoding="utf-8", xml_declaration=True)

    whole_folder(output, write)
