//! The ladder as a file: SVG as it is drawn, and PNG as the browser paints that.

use js_sys::{Array, Promise};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::download::{download, download_blob};
use crate::ladder::{Ends, Ladder, MOST_ROWS, Picture, export};

/// No browser's canvas is sure to be higher, in pixels.
const MOST_PIXELS: u32 = 16_000;

/// At most so many rows are in a PNG, which then has a pixel for each of CSS; fewer have two.
const MOST_PNG_ROWS: u64 = 400;

pub(super) fn save_svg(ends: &Ends, ladder: &Ladder, event: Option<u64>) {
    let picture = export(ladder, ends, event, MOST_ROWS);
    let parts = Array::of1(&JsValue::from_str(&picture.svg));
    if let Err(error) = download(&parts, "image/svg+xml", &format!("ladder-{}.svg", ends.own.id)) {
        leptos::logging::error!("the download did not start: {error:?}");
    }
}

pub(super) fn save_png(ends: &Ends, ladder: &Ladder, event: Option<u64>) {
    let picture = export(ladder, ends, event, MOST_PNG_ROWS);
    let name = format!("ladder-{}.png", ends.own.id);
    spawn_local(async move {
        let saved = match paint(&picture).await {
            Ok(blob) => download_blob(&blob, &name),
            Err(error) => Err(error),
        };
        if let Err(error) = saved {
            leptos::logging::error!("the picture could not be saved: {error:?}");
        }
    });
}

async fn paint(picture: &Picture) -> Result<web_sys::Blob, JsValue> {
    let scale = if picture.height * 2 <= MOST_PIXELS { 2 } else { 1 };
    let (width, height) = (picture.width * scale, picture.height * scale);
    let image = web_sys::HtmlImageElement::new()?;
    image.set_src(&format!("data:image/svg+xml,{}", String::from(js_sys::encode_uri_component(&picture.svg))));
    JsFuture::from(image.decode()).await?;
    let canvas: web_sys::HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas.get_context("2d")?.ok_or("no canvas")?.dyn_into::<web_sys::CanvasRenderingContext2d>()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, f64::from(width), f64::from(height))?;
    let blob = Promise::new(&mut |resolve, reject| {
        if let Err(error) = canvas.to_blob(&resolve)
            && let Err(error) = reject.call1(&JsValue::NULL, &error)
        {
            leptos::logging::error!("the picture could not be painted: {error:?}");
        }
    });
    JsFuture::from(blob).await?.dyn_into()
}
